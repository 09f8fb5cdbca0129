require "webrick"

$stdout.sync = true
server = WEBrick::HTTPServer.new(Port: ENV.fetch("PORT", "8000").to_i, AccessLog: [])
server.mount_proc("/") do |_request, response|
  response["Content-Type"] = "text/plain; charset=utf-8"
  response.body = "#{ENV.fetch("GREETING", "Hello")} from Ruby #{RUBY_VERSION} on #{ENV.fetch("DYNO", "no dyno")}\n"
end

# Answers what has been asked, then ends.
trap("TERM") { server.shutdown }
server.start
