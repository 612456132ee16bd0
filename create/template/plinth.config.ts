import { defineConfig } from 'plinth/config';
import { tales } from './products/tales/index.ts';

export default defineConfig({
  products: [tales],
});
