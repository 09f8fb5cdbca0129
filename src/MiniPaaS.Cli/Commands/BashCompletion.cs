using System.CommandLine;
using System.Text;

namespace MiniPaaS.Cli.Commands;

/// <summary>A bash completion script: commands and options are part of it, app names are asked for and kept for some seconds.</summary>
internal static class BashCompletion
{
    // COMP_WORDS is split at colons, so the line itself is split here, and of an answer only what follows the typed colon is given back.
    private const string Template = """
        # bash completion for paas
        __paas_apps() {
            if [[ -z ${__paas_apps_known-} || $((SECONDS - __paas_apps_time)) -ge 10 ]]; then
                __paas_apps_known=$(paas apps 2>/dev/null </dev/null | cut -f1)
                __paas_apps_time=$SECONDS
            fi
            printf '%s\n' "$__paas_apps_known"
        }
        __paas_options() {
            case $1 in
        @OPTIONS@        *) printf '%s\n' '--help' ;;
            esac
        }
        __paas_complete() {
            local line=${COMP_LINE:0:COMP_POINT} words current previous candidates
            read -ra words <<<"$line"
            [[ $line == *[[:space:]] ]] && words+=('')
            current=${words[${#words[@]}-1]}
            previous=${words[${#words[@]}-2]}
            if (( ${#words[@]} <= 2 )) || [[ ${words[1]} == help ]]; then
                candidates='@COMMANDS@'
            elif [[ $previous == -a || $previous == --app ]]; then
                candidates=$(__paas_apps)
            elif [[ $current == -* ]]; then
                candidates=$(__paas_options "${words[1]}")
            else
                case ${words[1]} in
        @APP_ARGUMENTS@) candidates=$(__paas_apps) ;;
        @WORDS@            completion) candidates=bash ;;
                    *) candidates= ;;
                esac
            fi
            COMPREPLY=()
            local candidate prefix=
            [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && prefix=${current%"${current##*:}"}
            while IFS= read -r candidate; do
                [[ -n $candidate && $candidate == "$current"* ]] && COMPREPLY+=("${candidate#"$prefix"}")
            done < <(tr ' ' '\n' <<<"$candidates")
            # A value follows: no space after an equals sign. Fails harmlessly where no completion is under way.
            [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
            return 0
        }
        complete -F __paas_complete paas

        """;

    public static string Script(Command root)
    {
        var commands = root.Subcommands.Where(command => !command.Hidden).ToList();
        var options = new StringBuilder();
        foreach (var command in commands)
        {
            var spellings = command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)).Append("--help");
            options.Append($"        {Pattern(command)}) printf '%s\\n' {string.Join(' ', spellings.Select(spelling => $"'{spelling}'"))} ;;\n");
        }
        var takingApps = commands.Where(command => command.Arguments.Any(argument => argument.Name == "NAME") && command.Options.Contains(CommonOptions.App));
        var words = commands.OfType<PaasCommand>().Where(command => command.Words.Count > 0)
            .Select(command => $"            {Pattern(command)}) candidates='{string.Join(' ', command.Words)}' ;;\n");
        return Template
            .Replace("@WORDS@", string.Concat(words), StringComparison.Ordinal)
            .Replace("@OPTIONS@", options.ToString(), StringComparison.Ordinal)
            .Replace("@COMMANDS@", string.Join(' ', commands.Select(command => command.Name).Order(StringComparer.Ordinal)), StringComparison.Ordinal)
            .Replace("@APP_ARGUMENTS@", "            " + string.Join('|', takingApps.Select(Pattern)), StringComparison.Ordinal);
    }

    private static string Pattern(Command command) => string.Join('|', command.Aliases.Prepend(command.Name));
}
