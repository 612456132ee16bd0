import './errors.ts';
import { routesOf } from '#platform/http';
import * as routes from './routes.ts';

export { createPermits, type Permits, type PermitsParts } from './service.ts';

export const permitsRoutes = routesOf(routes);
