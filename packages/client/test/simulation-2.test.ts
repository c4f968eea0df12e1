import { testShard } from './simulation-shard.ts';

testShard(2);
