import { PACKS } from './scenarios/packs.ts';
import { testScenarios } from './scenario-tests.ts';

testScenarios(PACKS);
