var app = WebApplication.CreateBuilder(args).Build();

app.MapGet("/", () => $"{Environment.GetEnvironmentVariable("GREETING") ?? "Hello"} from .NET {Environment.Version}\n");

// A request that takes its time, to see that a new release lets it finish.
app.MapGet("/slow", async (CancellationToken gone) =>
{
    await Task.Delay(TimeSpan.FromSeconds(2), gone);
    return "done\n";
});

app.Lifetime.ApplicationStopping.Register(() => app.Logger.LogInformation("Finishing requests before stopping"));
app.Run();
