// The element maker: htm bound to Preact, and its hooks, from one place for all modules.
// Text is put in as text always; nothing here makes elements of a string that came from outside.
import { h, render, Fragment } from "preact";
import { useState, useEffect, useMemo, useRef, useCallback } from "preact/hooks";
import { default as htm } from "htm";

export const html = htm.bind(h);

export { render, Fragment, useState, useEffect, useMemo, useRef, useCallback };
