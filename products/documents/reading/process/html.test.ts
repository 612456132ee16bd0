import { describe, expect, test } from 'vitest';
import { takeMarks } from './gap-marks.ts';
import { htmlToMarkdown } from './html.ts';

const toMarkdown = (html: string) => htmlToMarkdown(html).trim();

describe('HTML', () => {
  test('keeps its headings, lists and tables as Markdown', () => {
    const html = `<h1>A <em>new</em> shop</h1><p>We sell&nbsp;tea.<br>And&#32;more.</p>
      <ol><li>One<ul><li>One a</li></ul></li><li>Two</li></ol>
      <table><tr><th>Part</th><th>Price</th></tr><tr><td>A | B</td><td><p>EUR</p><p>5</p></td></tr></table><p>End</p>`;
    expect(toMarkdown(html)).toBe(
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
    expect(takeMarks(toMarkdown(html))).toEqual({ text: 'a b', gaps: ['picture'] });
  });

  test.each([
    ['<img src=a>', ['picture']],
    ['<img src=a width=200 height=200>', ['picture']],
    ['<img src=a width=120 height=80><iframe width=1 height=1></iframe>', []],
    ['<svg><text>500</text></svg>', ['picture']],
    ['<svg width=900 height=900><path d=M0></svg>', []],
    ['<video>no</video><audio>no</audio>', ['embedded_object']],
  ])('names what may have words: %s', (html, gaps) => {
    expect(takeMarks(toMarkdown(`<p>a${html}</p>`))).toEqual({ text: 'a', gaps });
  });

  test('is read in the fields of a form, as they are filled in, and without reading aids', () => {
    const html = `<p>Client: <input value="Northwind"><input type=hidden value=no><input type=password value=no></p>
      <p><input type=checkbox checked> Logo <input type=radio> Website</p><textarea>Net 30</textarea>
      <p><select><option>North<option selected>South</select> <select><option>One<option>Two</select></p><ruby>東京<rt>no</rt></ruby>`;
    expect(toMarkdown(html).replaceAll(/\s+/g, ' ')).toBe(
      'Client: Northwind ☒ Logo ☐ Website Net 30 South One 東京',
    );
  });

  test('is read where its tags do not close, and where a table lies in a table', () => {
    expect(toMarkdown('<p>a<p>b<ul><li>c<li>d')).toBe('a\n\nb\n\n- c\n- d');
    expect(toMarkdown('<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>')).toBe(
      '| a b c | d |\n| --- | --- |',
    );
  });

  test('keeps each cell in its column where others are merged over columns or rows', () => {
    const html = `<table><tr><th rowspan="2">Part</th><th colspan="2">Price</th><th>Due</th></tr>
      <tr><th>Net</th><th>Gross</th><th>Day</th></tr><tr><td>Shop</td><td>5</td><td rowspan="9">6</td><td>May</td></tr>
      <tr><td>App</td><td>7</td><td>June</td></tr><tr><td>All</td></tr></table>`;
    expect(toMarkdown(html).split('\n')).toEqual([
      '| Part | Price |  | Due |',
      '| --- | --- | --- | --- |',
      '|  | Net | Gross | Day |',
      '| Shop | 5 | 6 | May |',
      '| App | 7 |  | June |',
      '| All |  |  |  |',
    ]);
    const wide = toMarkdown(
      '<table><tr><td colspan="99999999" rowspan="99999999">a</td><td>b</td></tr><tr><td>c',
    );
    expect(wide.length).toBeLessThan(3_000);
    expect(wide.split('\n')[2]).toMatch(/^\|(?:  \|){100} c \|/);
  });

  test('marks struck-through text, in every notation, and nothing beside it', () => {
    expect(toMarkdown('<p>Was <s>EUR <b>500</b> &amp; more</s> EUR 400</p>')).toBe(
      'Was ~~EUR~~ ~~500~~ ~~& more~~ EUR 400',
    );
    expect(toMarkdown('<del><p>a</p><ul><li>b</li></ul></del><p>c</p><strike>d</strike>')).toBe(
      '~~a~~\n\n- ~~b~~\n\nc\n\n~~d~~',
    );
    expect(toMarkdown('<span style="color:red; text-decoration: underline line-through">x</span> y')).toBe(
      '~~x~~ y',
    );
    expect(toMarkdown('<pre><s>a\nb</s></pre>')).toBe('~~a~~\n~~b~~');
  });

  test('has its pages apart', () => {
    expect(
      htmlToMarkdown('<p>a</p><hr class="page-break"><p>b</p>')
        .split('\f')
        .map((page) => page.trim()),
    ).toEqual(['a', 'b']);
  });
});
