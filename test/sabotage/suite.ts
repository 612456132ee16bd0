import type { Patch } from './patch.ts';

const UNCHANGED = 'scripts/suite/unchanged.test.ts ::';

/** What the suite and the record of these patches may leave out, and what not. */
export const SUITE: readonly Patch[] = [
  {
    name: 'data-beside-tests-is-no-input',
    file: 'scripts/suite/unchanged.ts',
    find: 'new Set([...ALWAYS, ...code, ...beside, ...data])',
    replace: 'new Set([...ALWAYS, ...code, ...data])',
    expects: `${UNCHANGED} the inputs are what the tests reach by imports of every kind, the data that lies with it or is named, and the packages`,
  },
  {
    name: 'data-read-by-its-path-is-no-input',
    file: 'scripts/suite/unchanged.ts',
    find: 'new Set([...ALWAYS, ...code, ...beside, ...data])',
    replace: 'new Set([...ALWAYS, ...code, ...beside])',
    expects: `${UNCHANGED} the inputs are what the tests reach by imports of every kind, the data that lies with it or is named, and the packages`,
  },
  {
    name: 'group-left-out-whatever-it-reads',
    file: 'scripts/suite/unchanged.ts',
    find: 'run !== undefined && run.digest === digestOf(group)',
    replace: 'run !== undefined',
    expects: `${UNCHANGED} a group is left out exactly when what it reads is what its last passed run read`,
  },
  {
    name: 'red-run-good-for-another-test',
    file: 'scripts/sabotage/digest.ts',
    find: '[name, testCode(textOf(test), name)]',
    replace: '[name]',
    expects:
      'scripts/sabotage/digest.test.ts :: a run of a patch is out of date when the patch, the code or the test is another one',
  },
  {
    name: 'events-added-in-a-shared-process',
    file: 'scripts/suite/groups.ts',
    find: 'ALONE.includes(file) || ADDS.test(textOf(file))',
    replace: 'ALONE.includes(file)',
    expects:
      'scripts/suite/groups.test.ts :: what changes the program that a process has loaded is alone in it; what starts programs shares one',
  },
  {
    name: 'files-of-a-group-not-together',
    file: 'scripts/suite/sequencer.ts',
    find: 'GROUPS.findIndex((one) => one === group) +',
    replace: '',
    expects:
      'scripts/suite/sequencer.test.ts :: files run one group after the other, so that those which share a process find it loaded',
  },
  {
    name: 'reached-no-database-and-repeated',
    file: 'scripts/suite/passes.ts',
    find: 'startsWithOne(file, starts) && reachesService(file)',
    replace: 'startsWithOne(file, starts)',
    expects:
      'scripts/suite/passes.test.ts :: a file that comes to no database and starts no program is on no second engine, whatever its folder',
  },
  {
    name: 'title-that-fits-all-taken',
    file: 'test/sabotage/titles.ts',
    find: '(!isBare || put.every(isWritten))',
    replace: 'true',
    expects:
      'test/sabotage/patches.test.ts :: a title is written out, or a row away: none that is a mere part of it, nor any that fits all',
  },
];
