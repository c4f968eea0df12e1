import { transportsOn } from './transports-on.ts';

transportsOn('container');
