namespace MiniPaaS.Router.Reporting;

/// <summary>
/// Why a request was not served, as Heroku names it (https://devcenter.heroku.com/articles/error-codes); P-codes are our own.
/// </summary>
/// <param name="Code">As in <c>H12</c>.</param>
/// <param name="Description">Heroku's short description, for the log.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="RetryAfter">Seconds after which trying again makes sense, or 0.</param>
internal sealed record ErrorCode(string Code, string Description, int Status, int RetryAfter = 0)
{
    public static readonly ErrorCode AppCrashed = new("H10", "App crashed", 503, 5);
    public static readonly ErrorCode BacklogTooDeep = new("H11", "Backlog too deep", 503, 5);
    public static readonly ErrorCode RequestTimeout = new("H12", "Request timeout", 503);
    public static readonly ErrorCode ClosedWithoutResponse = new("H13", "Connection closed without response", 503);
    public static readonly ErrorCode NoWebDynos = new("H14", "No web processes running", 503, 5);
    public static readonly ErrorCode IdleConnection = new("H15", "Idle connection", 503);
    public static readonly ErrorCode PoorResponse = new("H17", "Poorly formed HTTP response", 503);
    public static readonly ErrorCode Interrupted = new("H18", "Server Request Interrupted", 503);
    public static readonly ErrorCode ConnectTimeout = new("H19", "Backend connection timeout", 503, 5);
    public static readonly ErrorCode BootTimeout = new("H20", "App boot timeout", 503, 5);
    public static readonly ErrorCode ConnectRefused = new("H21", "Backend connection refused", 503, 5);
    public static readonly ErrorCode ClientGone = new("H27", "Client Request Interrupted", 499);
    public static readonly ErrorCode ClientIdle = new("H28", "Client Connection Idle", 408);
    public static readonly ErrorCode Maintenance = new("H80", "Maintenance mode", 503, 60);
    public static readonly ErrorCode PlatformError = new("H99", "Platform error", 500);

    /// <summary>Traffic was held for longer than a request may wait.</summary>
    public static readonly ErrorCode HeldTooLong = new("P10", "Held too long", 503, 5);

    /// <summary>A method, header or body that no app can be sent.</summary>
    public static readonly ErrorCode BadRequest = new("P40", "Malformed request", 400);

    /// <summary>A rate limit of the app.</summary>
    public static readonly ErrorCode TooManyRequests = new("P29", "Too many requests", 429, 1);
}
