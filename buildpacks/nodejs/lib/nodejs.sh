export PATH="$HOME/.minipaas/node/bin:$HOME/bin:$HOME/node_modules/.bin:$PATH"
export NODE_HOME="$HOME/.minipaas/node"
export NODE_ENV=${NODE_ENV:-production}
