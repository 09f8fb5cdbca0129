using System.Text.Json.Serialization.Metadata;
using MiniPaaS.Daemon.Api.Conventions;
using MiniPaaS.Daemon.Releasing;
using MiniPaaS.Protocol;

namespace MiniPaaS.Daemon.Api;

/// <summary>Answers in the shapes that clients know.</summary>
internal static class ApiResults
{
    public static IResult Json<T>(T value, JsonTypeInfo<T> type, int statusCode = StatusCodes.Status200OK) => new JsonAnswer<T>(value, type, statusCode);

    public static IResult NotFound(string message, string? resource = null) =>
        Error(StatusCodes.Status404NotFound, new ApiError("not_found", message) { Resource = resource });

    public static IResult NoApp(string name) =>
        NotFound($"No app is named \"{name}\". See `paas apps`, or make it with `paas create {name}`.", "app");

    public static IResult Invalid(string message) => Error(StatusCodes.Status422UnprocessableEntity, "invalid_params", message);

    public static IResult Conflict(string message) => Error(StatusCodes.Status409Conflict, "conflict", message);

    public static IResult NoSuchRange(string message) =>
        Error(StatusCodes.Status416RangeNotSatisfiable, "requested_range_not_satisfiable", message);

    public static IResult Unauthorized() => Error(
        StatusCodes.Status401Unauthorized,
        "unauthorized",
        "The token is missing or not valid. Log in with `paas login`, or make a new token on the server with `minipaas-services token NAME`.");

    /// <summary>What became of a change of an app's traffic.</summary>
    public static IResult Of(TrafficOutcome outcome, Func<IResult> done) =>
        outcome.Error is { } error ? Invalid(error) : outcome.InForce ? done() : NotInForce();

    /// <summary>A change that is committed, but that not every router has acknowledged.</summary>
    public static IResult NotInForce() => Error(
        StatusCodes.Status503ServiceUnavailable,
        "routers_unavailable",
        "The change is stored, but no router, or not every router, has acknowledged it yet. It comes into force by itself as soon as "
        + "they do; look at the log of `paas-router` on the server.");

    public static IResult Error(int status, string id, string message) => Error(status, new ApiError(id, message));

    private static IResult Error(int status, ApiError error) => Json(error, ProtocolJson.Default.ApiError, status);
}
