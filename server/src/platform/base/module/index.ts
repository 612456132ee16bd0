export {
  assertOwn,
  defineModule,
  type Made,
  type Maker,
  type Module,
  inOrder,
  keepSchedules,
} from './define-module.ts';
