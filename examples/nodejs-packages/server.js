'use strict';
const fs = require('fs');
const http = require('http');
const mustache = require('mustache');

const page = '<!doctype html><script src="/client.js"></script><p>{{greeting}} from {{dyno}}</p>';

const server = http.createServer((request, response) => {
  if (request.url === '/client.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.end(fs.readFileSync('dist/client.js'));
    return;
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(mustache.render(page, { greeting: process.env.GREETING || 'Hello', dyno: process.env.DYNO }));
});
server.listen(process.env.PORT || 3000);
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
