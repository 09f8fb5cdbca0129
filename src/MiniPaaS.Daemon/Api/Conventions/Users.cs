using Microsoft.Data.Sqlite;
using MiniPaaS.Daemon.Store;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>Users as other resources refer to them. One is known by the name of his tokens, which may be an address of email or not.</summary>
internal sealed class Users(ResourceIds ids, Settings settings)
{
    public UserReference Of(string name) =>
        new(ids.Named(ResourceKind.User, name), name.Contains('@', StringComparison.Ordinal) ? name : $"{name}@{settings.Domain}");

    /// <summary>Who made an app's first release; before that, whoever has the installation's first token.</summary>
    public UserReference OwnerOf(SqliteConnection db, string? firstUser) => Of(firstUser ?? TokenTable.FirstUser(db) ?? "admin");
}
