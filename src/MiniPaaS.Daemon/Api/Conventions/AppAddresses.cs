using MiniPaaS.Daemon.Store;

namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>Apps are addressed by name or by uuid: a uuid is turned into the name before anything looks at the address.</summary>
internal static class AppAddresses
{
    private const string Apps = "/apps/";

    public static void UseAppAddresses(this WebApplication app, Database database, ResourceIds ids) => app.Use((context, next) =>
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith(Apps, StringComparison.Ordinal))
        {
            var end = path.IndexOf('/', Apps.Length) is >= 0 and var slash ? slash : path.Length;
            if (ids.TryRead(ResourceKind.App, path[Apps.Length..end], out var number, out _)
                && database.Read(db => AppTable.Find(db, number)) is { } found)
            {
                context.Request.Path = Apps + found.Name + path[end..];
            }
        }

        return next(context);
    });
}
