import { defineConfig } from 'plinth/config';
import { adiuva } from './products/adiuva/index.ts';
import { coditect } from './products/coditect/index.ts';
import { gateway } from './products/gateway/index.ts';
import { orbit } from './products/orbit/index.ts';
import { prism } from './products/prism/index.ts';
import { reel } from './products/reel/index.ts';

export default defineConfig({
  products: [reel, gateway, prism, coditect, orbit, adiuva],
});
