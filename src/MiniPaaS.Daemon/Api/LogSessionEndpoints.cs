using System.Globalization;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary><c>/apps/{name}/log-sessions</c>: gives the address at which the log can be read as a stream, see <see cref="StreamEndpoints"/>.</summary>
internal sealed class LogSessionEndpoints(Database database, StreamAddresses streams, ResourceIds ids, TimeProvider time)
{
    private const int DefaultLines = 100;

    /// <summary>Most past lines that a session shows.</summary>
    public const int MostLines = 100_000;

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/apps/{name}/log-sessions", Create);

    private IResult Create(HttpContext context, string name, CreateLogSession? wanted)
    {
        if (database.Read(db => AppTable.Find(db, name)) is not { } app)
        {
            return ApiResults.NoApp(name);
        }

        var lines = DefaultLines;
        if (wanted?.Lines is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out lines) || lines > MostLines))
        {
            return ApiResults.Invalid($"{text} is not a number of lines; give 0 to {MostLines}.");
        }

        var id = Guid.CreateVersion7().ToString();
        var query = new Dictionary<string, string> { ["id"] = id, ["lines"] = lines.ToString(CultureInfo.InvariantCulture) };
        Add("tail", wanted?.Tail == true ? "true" : null);
        Add("dyno", wanted?.Dyno ?? wanted?.DynoName ?? wanted?.Type);
        Add("source", wanted?.Source);
        var now = time.GetUtcNow();
        return ApiResults.Json(
            new LogSessionInfo(id, streams.Of(context.Request, $"/logs/{ids.Of(ResourceKind.App, app.Id)}", query), now, now),
            ProtocolJson.Default.LogSessionInfo,
            StatusCodes.Status201Created);

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                query[key] = value;
            }
        }
    }
}
