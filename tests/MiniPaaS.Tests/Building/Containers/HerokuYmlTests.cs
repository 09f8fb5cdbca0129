using MiniPaaS.Daemon.Building.Containers;

namespace MiniPaaS.Tests.Building.Containers;

public sealed class HerokuYmlTests
{
    [Fact]
    public void Its_image_arguments_and_commands_count()
    {
        var yml = HerokuYml.Parse(
            """
            setup:
              addons:
                - plan: heroku-postgresql
            build:
              docker:
                web:
                  dockerfile: web/Dockerfile
                  target: final
              config:
                RAILS_ENV: production
            release:
              image: web
              command:
                - ./one
                - ./two
            run:
              web: bundle exec puma
              worker:
                command:
                  - python work.py
                image: web
            """);

        Assert.Equal(("web/Dockerfile", "final"), (yml.Dockerfile, yml.Target));
        Assert.Equal("production", yml.Arguments["RAILS_ENV"]);
        Assert.Equal(["release", "web", "worker"], yml.Commands.Keys);
        Assert.Equal(["./one && ./two", "bundle exec puma", "python work.py"], yml.Commands.Values);
    }

    [Fact]
    public void A_path_is_enough() => Assert.Equal("Dockerfile", HerokuYml.Parse("build: {docker: {web: Dockerfile}}").Dockerfile);

    [Theory]
    [InlineData("")]
    [InlineData("- a")]
    [InlineData("build: {}")]
    [InlineData("build: {docker: {web: Dockerfile, worker: other/Dockerfile}}")]
    [InlineData("build: {docker: [web]}")]
    [InlineData("build: {docker: {web: Dockerfile}}\nrun: {web: {image: web}}")]
    [InlineData("build: {docker: {web: Dockerfile}}\nrun: {'a b': x}")]
    [InlineData("build: {docker: {web: Dockerfile}")]
    public void What_cannot_be_done_is_refused(string text) => Assert.Throws<FormatException>(() => HerokuYml.Parse(text));
}
