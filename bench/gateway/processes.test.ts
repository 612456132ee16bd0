import { expect, test } from 'vitest';
import { coresOf, readCores, readStat } from './processes.ts';

test('processor time is read past any program name', () => {
  const line = '1234 (a (b) c) S 17 1234 1234 0 -1 4194560 900 50 0 0 150 25 300 100 20 0 11 0 5000 1 2 3';
  expect(readStat(line)).toEqual({ parent: 17, own: 1.75, ended: 4 });
});

test('gateways get the first core that this process may use, and all else the others', () => {
  expect(readCores('0-2,5')).toEqual([0, 1, 2, 5]);
  expect(coresOf('Name:\tnode\nCpus_allowed_list:\t2-3,7\n')).toEqual({ gateway: [2], rest: [3, 7] });
  expect(coresOf('Cpus_allowed_list:\t4\n')).toBeUndefined();
});
