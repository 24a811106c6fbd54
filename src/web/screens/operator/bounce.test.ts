/** Second taps: on the same spot they do nothing until what came in its place could be read; elsewhere a press is a press. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bounce } from "./bounce.ts";

const at = (atMs: number, x = 100, detail = 1) => ({ atMs, x, y: 100, detail });

function booked(): Bounce {
  const bounce = new Bounce();
  assert.equal(bounce.isSwallowed(at(0)), false);
  bounce.acted("report");
  bounce.seen(20);
  return bounce;
}

test("a slow second tap on the spot of a report is none of the key that came there", () => {
  assert.equal(booked().isSwallowed(at(450)), true);
  assert.equal(booked().isSwallowed(at(900, 140)), true);
  assert.equal(booked().isSwallowed(at(1100)), false);
});

test("elsewhere the next press counts at once, but not the bounce of the one before", () => {
  assert.equal(booked().isSwallowed(at(100, 600)), true);
  assert.equal(booked().isSwallowed(at(300, 600)), false);
});

test("on a busy screen the time runs from when it was to be seen", () => {
  const bounce = new Bounce();
  bounce.isSwallowed(at(0));
  bounce.acted("report");
  assert.equal(bounce.isSwallowed(at(1500)), true);
  bounce.seen(1600);
  assert.equal(bounce.isSwallowed(at(2500)), true);
  assert.equal(bounce.isSwallowed(at(2700)), false);
});

test("a double click and a key held down are on the spot wherever they are told to be", () => {
  assert.equal(booked().isSwallowed(at(300, 600, 2)), true);
  assert.equal(booked().isSwallowed(at(300, 0, 0)), true);
});

test("digits of a number pad, which neither report nor open, may be pressed as fast as one can", () => {
  const bounce = new Bounce();
  for (const atMs of [0, 60, 120, 180]) assert.equal(bounce.isSwallowed(at(atMs)), false);
});
