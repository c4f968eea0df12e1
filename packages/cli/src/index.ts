export { runCommand, type CommandStreams, type TextStream } from './run-command.ts';
