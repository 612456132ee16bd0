import { defineModule } from '#platform/module';
import { createDiagnosis } from './diagnosis.ts';
import { diagnosisRoutes } from './routes.ts';

export { aiRows, type Check, type Finding, lookAt } from './diagnosis.ts';
export { createDiagnosis, type Diagnosis } from './diagnosis.ts';

/** This module, for the list of all of them. */
export const diagnosisModule = defineModule({
  name: 'diagnosis',
  purpose: 'the settings in effect and what is wrong, as platform admins see them',
  routes: diagnosisRoutes,
  create: createDiagnosis,
});
