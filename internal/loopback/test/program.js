// Answers each message with it, and does what it is told.
process.on('message', (message) => {
  if (message === 'fail') {
    process.stderr.write('out of ideas\n', () => process.exit(3));
  } else if (message === 'linger') {
    setInterval(() => undefined, 60_000);
    process.send('lingering');
  } else if (message !== 'say nothing') {
    process.send({ unasked: true });
    process.send({ heard: message });
  }
});
