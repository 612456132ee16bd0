import './errors.ts';
import { routesOf } from '#platform/http';
import * as routes from './routes.ts';
import { defineModule } from '#platform/module';
import { createPermits } from './service.ts';

export { createPermits, type Permits, type PermitsParts } from './service.ts';

/** This module, for the list of all of them. */
export const permitsModule = defineModule({
  name: 'permits',
  purpose: 'permits over HTTP: for backends that are no product of this server',
  routes: routesOf(routes),
  create: createPermits,
});
