/** Checks the metrics in docs/operations against the emitted ones. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { METRICS, type MetricDefinition, type MetricName } from '@sess/metrics';
import { describe, expect, inject, it } from 'vitest';

const FOLDER = new URL('../../../docs/operations/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');
const metrics = Object.entries(METRICS) as [MetricName, MetricDefinition][];

const underscored = (name: string): string => name.replaceAll('.', '_');

/** What OpenTelemetry's exporter for Prometheus makes of the names; with the attributes that each has there. */
const inPrometheus = new Map<string, ReadonlySet<string>>(
  metrics.flatMap(([name, { kind, attributes }]) => {
    const labels = new Set(attributes.map(underscored));
    const plain = underscored(name);
    if (kind === 'histogram')
      return ['_bucket', '_count', '_sum'].map((end) => [`${plain}${end}`, new Set([...labels, 'le'])] as const);
    return [[kind === 'gauge' ? plain : `${plain}_total`, labels] as const];
  }),
);

/** The metrics that an expression reads, and the labels that it asks each for. */
function readIn(expression: string): readonly { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b((?:sess|db_client)_[a-z_]+)\b(?!\s*(?:=|!|,|\)\s*\())(?:\{([^}]*)\})?/g)]
    .filter(([, name = '']) => !isLabel(name))
    .map(([, name = '', selector = '']) => ({
      name,
      labels: [...selector.matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label = '']) => label),
    }));
}

const LABELS: ReadonlySet<string> = new Set(metrics.flatMap(([, { attributes }]) => attributes.map(underscored)));
const isLabel = (name: string): boolean => LABELS.has(name) && !inPrometheus.has(name);

function expectEmitted(expressions: readonly string[]): void {
  expect(expressions.length).toBeGreaterThan(5);
  for (const expression of expressions) {
    const found = readIn(expression);
    expect(found.length, expression).toBeGreaterThan(0);
    for (const { name, labels } of found) {
      expect([...inPrometheus.keys()], expression).toContain(name);
      for (const label of labels) expect([...(inPrometheus.get(name) ?? [])], expression).toContain(label);
    }
    for (const [, list = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
      const known = found.flatMap(({ name }) => [...(inPrometheus.get(name) ?? [])]);
      for (const label of list
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== 'value'))
        expect(known, expression).toContain(label);
    }
  }
}

describe('docs/operations', () => {
  it('metrics.md lists every metric as it is', () => {
    const rows = read('metrics.md')
      .split('\n')
      .filter((line) => /^\| `(sess|db)\./.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const listed = rows.map(([name, kind, unit, says, attributes]) => ({
      name: name?.replaceAll('`', ''),
      kind,
      unit: unit?.replaceAll('`', ''),
      says,
      attributes: [...(attributes ?? '').matchAll(/`([^`]+)`/g)].map(([, each]) => each),
    }));
    expect(listed).toEqual(
      metrics.map(([name, { kind, unit, description, attributes }]) => ({
        name,
        kind,
        unit,
        says: description,
        attributes: [...attributes],
      })),
    );
  });

  it('causes.md lists every cause that a miss can have', () => {
    const listed = [...read('causes.md').matchAll(/^\| `([a-z-]+)`/gm)].map(([, cause]) => cause);
    const known = readFileSync(new URL('../../session/README.md', import.meta.url), 'utf8').split('### Why was it')[1];
    const told = [...(known ?? '').matchAll(/^\| `(?!cause`)([a-z-]+)`/gm)].map(([, cause]) => cause);
    expect(told.slice(0, listed.length)).toEqual(listed);
    expect(listed.length).toBe(10);
  });

  it('the alert rules read what is emitted', () => {
    expectEmitted([...read('prometheus-rules.yml').matchAll(/expr: '(.*)'$/gm)].map(([, each = '']) => each));
  });

  it('the dashboard reads what is emitted', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    expectEmitted(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  });

  it('every alert leads to a runbook that is there', () => {
    const headings = [...read('runbooks.md').matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    const named = [...read('prometheus-rules.yml').matchAll(/runbook: docs\/operations\/runbooks\.md#(.*)$/gm)];
    expect(named.length).toBeGreaterThan(5);
    for (const [, runbook] of named) expect(headings).toContain(runbook);
  });

  it.runIf(inject('programs').includes('promtool'))('promtool takes the rules, and they fire on a bad night', () => {
    const cwd = fileURLToPath(FOLDER);
    execFileSync('promtool', ['check', 'rules', 'prometheus-rules.yml'], { cwd, stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', 'prometheus-rules.test.yml'], { cwd, stdio: 'pipe' });
  });
});
