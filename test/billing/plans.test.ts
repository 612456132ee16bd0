import { CHANGING } from './scenarios/changing.ts';
import { SUBSCRIBING } from './scenarios/subscribing.ts';
import { prove } from './scenario-tests.ts';

prove([...SUBSCRIBING, ...CHANGING]);
