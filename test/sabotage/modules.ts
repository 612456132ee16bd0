import type { Patch } from './patch.ts';

const DEFINING = 'src/platform/module/define-module.ts';
const LISTED = 'test/modules.test.ts ::';

/** The one list of the modules, what is made from it, what imports what, and what a module or a product may say of itself. */
export const MODULES: readonly Patch[] = [
  {
    name: 'module-not-in-the-list',
    file: 'src/platform/modules.ts',
    find: '  reportsModule,\n',
    replace: '',
    expects: 'test/house.test.ts :: the whole house keeps the rule: arrows',
  },
  {
    name: 'modules-in-another-order',
    file: 'src/platform/modules.ts',
    find: '  limitsModule,\n  blobsModule,\n  jobsModule,\n',
    replace: '  jobsModule,\n  limitsModule,\n  blobsModule,\n',
    expects: 'test/house.test.ts :: the whole house keeps the rule: arrows',
  },
  {
    name: 'files-import-each-other',
    file: 'sandboxes/src/openai/dialects.ts',
    find: "from './framing.ts'",
    replace: "from './delivery.ts'",
    expects: 'test/house.test.ts :: the whole house keeps the rule: circles',
  },
  {
    name: 'three-files-know-each-other-by-type',
    file: 'test/house/circles.ts',
    find: 'MOST_BY_TYPE = 2',
    replace: 'MOST_BY_TYPE = 3',
    expects:
      'test/house.test.ts :: each rule can fail > circles where three files know the types of each other',
  },
  {
    name: 'folders-import-each-other',
    file: 'src/platform/accounts/members/member-routes.ts',
    find: "from '../cursors.ts'",
    replace: "from '../organizations/organization-routes.ts'",
    expects: 'test/house.test.ts :: the whole house keeps the rule: folderCircles',
  },
  {
    name: 'migrations-of-a-module-forgotten',
    file: 'src/platform/reports/index.ts',
    find: "  migrations: () => migrationsIn('reports', import.meta.url),\n",
    replace: '',
    expects: `${LISTED} the module reports > says all its migrations`,
  },
  {
    name: 'routes-of-a-module-forgotten',
    file: 'src/platform/reports/index.ts',
    find: '  routes: [...usageRoutes, ...marginRoutes, ...revenueRoutes],\n',
    replace: '  routes: [...usageRoutes, ...marginRoutes],\n',
    expects: `${LISTED} every call that a file of the platform exports is one of the program`,
  },
  {
    name: 'reason-of-another-module',
    file: DEFINING,
    find: 'if (foreign !== undefined)\n    throw new Error(`"${owner}" declares',
    replace: 'if (false)\n    throw new Error(`"${owner}" declares',
    expects:
      'src/platform/module/define-module.test.ts :: a use of db.system that is named after another module is refused',
  },
  {
    name: 'product-with-the-reason-of-a-module',
    file: 'src/platform/product/define-product.ts',
    find: "  assertOwn(catalogue.product, 'system use', { names: Object.keys(systemUses) });\n",
    replace: '',
    expects: 'src/platform/product/own.test.ts :: what is not its own is refused',
  },
  {
    name: 'product-looks-at-what-is-not-its-own',
    file: 'test/house/system-uses.ts',
    find: "from.kind !== 'product' && to.height < from.height",
    replace: 'to.height < from.height',
    expects:
      "test/house.test.ts :: each rule can fail > systemUses at src/products/reel/a.ts: await parts.db.system('limits.sweep', []);",
  },
  {
    name: 'product-with-a-policy-for-what-it-does-not-call',
    file: 'src/platform/product/define-product.ts',
    find: 'filter(([, { outside }]) => outside === undefined)',
    replace: 'filter(() => true)',
    expects:
      'src/platform/product/define-product.test.ts :: a feature of which nothing is said is called as any; one of a backend outside is not called here',
  },
  {
    name: 'product-without-the-prompts-of-its-folder',
    file: 'src/platform/product/define-product.ts',
    find: 'existsSync(prompts) ? promptsIn(prompts) : undefined',
    replace: 'undefined',
    expects:
      'src/platform/product/define-product.test.ts :: what lies in the folder of a product is its own: steps of the schema, and prompts',
  },
  {
    name: 'crash-point-that-a-product-forgot',
    file: 'src/products/gateway/index.ts',
    find: ", lost: 'told' }",
    replace: ' }',
    expects:
      'test/crash/lost.test.ts :: of every commit of the program it is said what a lost answer means, once, and of nothing else',
  },
  {
    name: 'schedule-of-a-module-not-kept',
    file: 'src/platform/module/scheduling.ts',
    find: '    queue.schedule({ name: kind, cron, kind });\n',
    replace: '',
    expects:
      'src/platform/module/scheduling.test.ts :: what a module does by the clock is a job and its schedule',
  },
  {
    name: 'second-handler-of-a-kind',
    file: 'src/platform/queue/queue.ts',
    find: 'if (handlers.has(handler.kind)) throw',
    replace: 'if (false) throw',
    expects: 'src/platform/queue/queue.test.ts :: a kind has one handler, and a schedule one name',
  },
];
