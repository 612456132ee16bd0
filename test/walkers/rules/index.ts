import { ACCESS } from '@plinth/testkit/walkers/rules/access';
import { DECLARATION } from './declaration.ts';
import { EFFECTS } from '@plinth/testkit/walkers/rules/effects';
import { INPUT } from '@plinth/testkit/walkers/rules/input';
import { open } from './open.ts';
import type { Rule } from '@plinth/testkit/walkers/rules/rule';

export type { WalkerFixture, Rule } from '@plinth/testkit/walkers/rules/rule';

/** All rules; those that change something come last. */
export const RULES: readonly Rule[] = [...DECLARATION, open, ...ACCESS, ...INPUT, ...EFFECTS];
