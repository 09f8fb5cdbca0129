using Dapper;
using Microsoft.Data.Sqlite;

namespace MiniPaaS.Daemon.Store;

/// <summary>Queries on the features that are switched on for apps.</summary>
internal static class FeatureTable
{
    public static bool Has(SqliteConnection db, long appId, string feature) =>
        db.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM app_features WHERE app_id = @appId AND feature = @feature)", new { appId, feature });

    public static void Switch(SqliteConnection db, long appId, string feature, bool on) =>
        db.Execute(
            on
                ? "INSERT INTO app_features (app_id, feature) VALUES (@appId, @feature) ON CONFLICT DO NOTHING"
                : "DELETE FROM app_features WHERE app_id = @appId AND feature = @feature",
            new { appId, feature });
}
