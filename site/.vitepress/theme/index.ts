import type { Theme } from 'vitepress';
import theme from 'vitepress/theme-without-fonts';
import { SEARCH } from './search.ts';
import './style.css';

export default {
  extends: theme,
  enhanceApp({ siteData }) {
    // Functions in the config would reach the browser as texts to evaluate, which the server's policy refuses.
    siteData.value.themeConfig.search.options.miniSearch = { searchOptions: SEARCH };
  },
} satisfies Theme;
