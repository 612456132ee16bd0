import { CHANGING } from './scenarios/changing.ts';
import { SUBSCRIBING } from './scenarios/subscribing.ts';
import { testScenarios } from './scenario-tests.ts';

testScenarios([...SUBSCRIBING, ...CHANGING]);
