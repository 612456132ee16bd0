import { DUNNING } from './scenarios/dunning.ts';
import { RETURNING } from './scenarios/returning.ts';
import { prove } from './scenario-tests.ts';

prove([...DUNNING, ...RETURNING]);
