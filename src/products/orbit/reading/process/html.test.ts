import { describe, expect, test } from 'vitest';
import { htmlToMarkdown } from './html.ts';

const of = (html: string) => htmlToMarkdown(html).trim();

describe('HTML', () => {
  test('keeps its headings, lists and tables as Markdown', () => {
    const html = `<h1>A <em>new</em> shop</h1><p>We sell&nbsp;tea.<br>And&#32;more.</p>
      <ol><li>One<ul><li>One a</li></ul></li><li>Two</li></ol>
      <table><tr><th>Part</th><th>Price</th></tr><tr><td>A | B</td><td><p>EUR</p><p>5</p></td></tr></table><p>End</p>`;
    expect(of(html)).toBe(
      [
        '# A new shop',
        'We sell tea.\nAnd more.',
        '1. One\n  - One a\n2. Two',
        '| Part | Price |\n| --- | --- |\n| A \\| B | EUR 5 |',
        'End',
      ].join('\n\n'),
    );
  });

  test('loses scripts, styles and pictures, with all that stands in them', () => {
    const html = `<head><title>t</title></head><body>a<script>alert("<p>x</p>")</script><style>b{}</style>
      <svg><text>no<svg></svg>no</text></svg><template>no</template>b</body>`;
    expect(of(html)).toBe('a b');
  });

  test('is read where its tags do not close, and where a table lies in a table', () => {
    expect(of('<p>a<p>b<ul><li>c<li>d')).toBe('a\n\nb\n\n- c\n- d');
    expect(of('<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>')).toBe(
      '| a b c | d |\n| --- | --- |',
    );
  });

  test('has its pages apart', () => {
    expect(
      htmlToMarkdown('<p>a</p><hr class="page-break"><p>b</p>')
        .split('\f')
        .map((page) => page.trim()),
    ).toEqual(['a', 'b']);
  });
});
