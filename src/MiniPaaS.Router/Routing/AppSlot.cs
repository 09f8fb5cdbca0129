using MiniPaaS.Router.Reporting;

namespace MiniPaaS.Router.Routing;

/// <summary>The holder that all hosts of an app share: a flip is one write to it, whatever the number of hosts.</summary>
internal sealed class AppSlot(LiveRoute first)
{
    private volatile LiveRoute current = first;

    public LiveRoute Current => current;

    /// <summary>Counts over all routes that the app ever had.</summary>
    public AppMeters Meters { get; } = new();

    /// <summary>Puts another route in force and wakes the requests that wait for a change.</summary>
    public void Flip(LiveRoute next)
    {
        var before = current;
        current = next;
        before.Supersede();
    }
}
