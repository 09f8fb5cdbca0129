'use strict';
const http = require('http');

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${process.env.GREETING || 'Hello'} from Node.js ${process.version} on ${process.env.DYNO || 'no dyno'}\n`);
});
server.listen(process.env.PORT || 3000, () => console.log(`Listening on ${server.address().port}`));

// Requests that are being answered are answered; then there is nothing left to wait for, and Node.js ends.
process.on('SIGTERM', () => {
  console.log('Stopping');
  server.close();
  if (server.closeIdleConnections) server.closeIdleConnections();
});
