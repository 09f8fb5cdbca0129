# Prints the first stack whose Ruby is what an application asks for.
#
# usage: stack.rb BUILD_DIR      (environment: see the buildpacks' README)
# The application asks with "ruby" in its Gemfile, else with .ruby-version. A Gemfile is a program: here it is only read.

def read(*path)
  File.binread(File.join(*path)).force_encoding(Encoding::UTF_8).scrub
rescue SystemCallError
  ""
end

# { "bookworm" => "3.1" } of the installed stacks that have Bundler.
def offers
  directory = ENV.fetch("MINIPAAS_STACKS_DIR")
  ENV.fetch("MINIPAAS_STACKS").split.each_with_object({}) do |stack, found|
    series = read(directory, stack, "provides")[/^ruby\s+(\d+\.\d+)/, 1]
    found[stack] = series if series && read(directory, stack, "packages.build").match?(/^ruby-bundler\s*$/)
  end
end

# [who asks, constraints]
def asked(tree)
  line = read(tree, "Gemfile")[/^\s*ruby[\s(]+(.*)$/, 1]
  return ["the Gemfile", line.scan(/["']([^"']+)["']/).flatten] if line && line !~ /\Afile:/ && line =~ /\A["']/
  version = read(tree, ".ruby-version").strip
  version.empty? ? ["", []] : [".ruby-version", [version.sub(/\Aruby-/, "")]]
end

# Whether some release of a series such as 3.1 meets the requirement.
def meets?(series, requirement)
  (0..99).any? { |patch| requirement.satisfied_by?(Gem::Version.new("#{series}.#{patch}")) }
end

stacks = offers
wanted = ENV.fetch("MINIPAAS_STACK_WANTED", "")
offer = "On offer: #{stacks.map { |stack, series| "Ruby #{series} (stack #{stack})" }.join(", ")}."
offer = "On offer: no Ruby." if stacks.empty?
who, constraints = asked(ARGV.fetch(0))
begin
  requirement = Gem::Requirement.new(*constraints.map { |text| text.match?(/\A\d+(\.\d+)?\z/) ? "~> #{text}.0" : text })
rescue Gem::Requirement::BadRequirementError
  abort("ERROR: #{who} asks for Ruby '#{constraints.join(", ")}', which is not a version.\nExample: ruby \"~> 3.1.0\"")
end
abort("ERROR: this application is set to stack '#{wanted}', which has no Bundler.\n#{offer}") unless wanted.empty? || stacks[wanted]

stack, = stacks.find { |name, series| [name, ""].include?(wanted) && meets?(series, requirement) }
if stack.nil?
  where = wanted.empty? ? "no stack has" : "stack '#{wanted}', which this application is set to, has not"
  abort("ERROR: #{who} asks for Ruby #{constraints.join(", ")}, which #{where}.\n#{offer}\n" \
        "Ask for another one, or ask the one who runs this platform for another stack.")
end
puts stack
