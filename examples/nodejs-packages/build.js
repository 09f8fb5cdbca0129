// Needs a development dependency, which is gone once the application is built.
'use strict';
const fs = require('fs');
const { minify } = require('uglify-js');

const { code, error } = minify(fs.readFileSync('client.js', 'utf8'));
if (error) throw error;
fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/client.js', code);
