import { DUNNING } from './scenarios/dunning.ts';
import { RETURNING } from './scenarios/returning.ts';
import { testScenarios } from './scenario-tests.ts';

testScenarios([...DUNNING, ...RETURNING]);
