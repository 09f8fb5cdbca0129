export PATH="$HOME/.minipaas/ruby/bin:$HOME/bin:$HOME/vendor/bundle/bin:$PATH"
export BUNDLE_PATH=${BUNDLE_PATH:-vendor/bundle} BUNDLE_WITHOUT=${BUNDLE_WITHOUT:-development:test}
export BUNDLE_GLOBAL_PATH_APPENDS_RUBY_SCOPE=1 BUNDLE_APP_CONFIG=/tmp/bundle BUNDLE_USER_HOME=/tmp/bundle
export LANG=${LANG:-C.UTF-8} RACK_ENV=${RACK_ENV:-production} RAILS_ENV=${RAILS_ENV:-production}
export RAILS_SERVE_STATIC_FILES=${RAILS_SERVE_STATIC_FILES:-enabled} RAILS_LOG_TO_STDOUT=${RAILS_LOG_TO_STDOUT:-enabled}
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2}
