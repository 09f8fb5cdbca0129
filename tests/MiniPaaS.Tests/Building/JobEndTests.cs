using System.Text;
using MiniPaaS.Daemon.Building;

namespace MiniPaaS.Tests.Building;

public sealed class JobEndTests
{
    private const string Mark = "0123456789abcdef";

    public static TheoryData<string, string> Writings => new()
    {
        { $"hello\n\0{Mark}", "hello\n" },
        { $"\0{Mark}", "" },
        { $"a\0b\0\0{Mark}and what comes later", "a\0b\0" },
        { $"a\00123\0{Mark}", "a\00123" },
        { $"\00123456789abcdeX\0{Mark}", "\00123456789abcdeX" },
    };

    [Theory]
    [MemberData(nameof(Writings))]
    public void What_comes_before_the_end_is_passed_on_wherever_the_pieces_are_cut(string written, string before)
    {
        var bytes = Encoding.ASCII.GetBytes(written);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var end = new JobEnd(Mark);
                var passed = new List<byte>();
                foreach (var piece in (byte[][])[bytes[..first], bytes[first..second], bytes[second..]])
                {
                    passed.AddRange(end.Before(piece).ToArray());
                }

                Assert.True(end.IsReached);
                Assert.Equal(before, Encoding.ASCII.GetString([.. passed]));
            }
        }
    }

    [Fact]
    public void Output_without_an_end_is_passed_on_up_to_what_may_begin_it()
    {
        var end = new JobEnd(Mark);
        Assert.Equal("line\n", Encoding.ASCII.GetString(end.Before("line\n\00123"u8.ToArray()).Span));
        Assert.Equal("\00123 no\n", Encoding.ASCII.GetString(end.Before(" no\n"u8.ToArray()).Span));
        Assert.False(end.IsReached);
    }

    [Theory]
    [InlineData(1_000_000, 99_000, true)]
    [InlineData(1_000_000, 101_000, false)]
    public void Memory_is_short_when_less_than_a_tenth_can_be_had(long total, long available, bool isShort) =>
        Assert.Equal(isShort, Builders.IsMemoryShort([$"MemTotal:       {total} kB", "MemFree: 1 kB", $"MemAvailable:   {available} kB"]));
}
