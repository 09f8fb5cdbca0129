namespace MiniPaaS.Daemon.Api.Conventions;

/// <summary>Gives every request an id, and says it in the answer's header Request-Id: the client's own where it sent one, else the router's.</summary>
internal static class RequestIds
{
    public const string Header = "Request-Id";

    private const int Longest = 64;

    public static void UseRequestIds(this WebApplication app) => app.Use((context, next) =>
    {
        var (request, response) = (context.Request, context.Response);
        context.TraceIdentifier = Usable(request.Headers[Header].ToString()) ?? Usable(request.Headers["X-Request-Id"].ToString()) ?? Guid.NewGuid().ToString();
        response.Headers[Header] = context.TraceIdentifier;
        return next(context);
    });

    // Heroku's CLI sends the ids of all answers it got so far: a list that grows. None of them is this request's.
    private static string? Usable(string text) =>
        text.Length is > 0 and <= Longest && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? text : null;
}
