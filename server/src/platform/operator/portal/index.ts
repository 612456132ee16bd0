import './errors.ts';
import { defineModule } from '#platform/module';
import { createPortal } from './portal.ts';
import { portalRoutes } from './routes.ts';

export { createPortal } from './portal.ts';

/** This module, for the list of all of them. */
export const portalModule = defineModule({
  name: 'portal',
  purpose: 'pages for customers of a backend: plan, use, invoices, members, keys; links that open them',
  routes: portalRoutes,
  create: createPortal,
});
