// Runs in the browser.
const startedAt = new Date();
document.title = `Opened at ${startedAt.toLocaleTimeString()}`;
