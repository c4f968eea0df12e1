export { ChildProgram, type ChildProgramOptions, type Wanted } from './child-program.ts';
