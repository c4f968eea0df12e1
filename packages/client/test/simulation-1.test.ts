import { testShard } from './simulation-shard.ts';

testShard(1);
