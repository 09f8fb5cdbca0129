using System.Data;
using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>The SQLite file: many readers, one writer, every commit on disk before it is acted upon.</summary>
internal sealed class Database : IDisposable
{
    private readonly string connectionString;
    private readonly SemaphoreSlim writer = new(1, 1);
    private long commits;

    private Database(string path) => connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        ForeignKeys = true,
        DefaultTimeout = 30,
    }.ToString();

    /// <summary>Opens the file and brings its schema up to date.</summary>
    public static Database Open(string path)
    {
        SqlMapper.AddTypeHandler(new TimeHandler());
        RestrictToOwner(path);
        var database = new Database(path);
        using var connection = database.Connect();
        connection.Execute("PRAGMA journal_mode = WAL");
        using var schema = typeof(Database).Assembly.GetManifestResourceStream("MiniPaaS.Daemon.Store.Schema.sql")!;
        using var reader = new StreamReader(schema);
        connection.Execute(reader.ReadToEnd());
        SecretTable.Ensure(connection);
        return database;
    }

    /// <summary>Number of transactions committed by this process: whoever derives something from rows sees by it that they may have changed.</summary>
    public long Commits => Interlocked.Read(ref commits);

    public T Read<T>(Func<SqliteConnection, T> query)
    {
        using var connection = Connect();
        return query(connection);
    }

    /// <summary>Runs one transaction; when it returns, what it wrote survives a power cut.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> change, CancellationToken ct)
    {
        await writer.WaitAsync(ct);
        try
        {
            using var connection = Connect();
            // BEGIN IMMEDIATE: `paasd token` may write from another process, and waits its turn here.
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                var result = change(connection);
                connection.Execute("COMMIT");
                Interlocked.Increment(ref commits);
                return result;
            }
            catch
            {
                connection.Execute("ROLLBACK");
                throw;
            }
        }
        finally
        {
            writer.Release();
        }
    }

    public Task WriteAsync(Action<SqliteConnection> change, CancellationToken ct) =>
        WriteAsync(
            connection =>
            {
                change(connection);
                return 0;
            },
            ct);

    public void Dispose()
    {
        // Not those of other databases: closed under their feet, these lose their log files while somebody reads them.
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
        writer.Dispose();
    }

    // Config vars and private keys are in it. The log files beside it get the mode that the file has when they are made.
    private static void RestrictToOwner(string path)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = own })
            .Dispose();
        foreach (var file in new[] { path, $"{path}-wal", $"{path}-shm" }.Where(File.Exists))
        {
            File.SetUnixFileMode(file, own);
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        connection.Execute("PRAGMA synchronous = FULL");
        return connection;
    }

    /// <summary>Times are stored as ISO 8601 in UTC, which sort as text.</summary>
    private sealed class TimeHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => DateTimeOffset.Parse((string)value);

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) =>
            parameter.Value = value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffK");
    }
}
