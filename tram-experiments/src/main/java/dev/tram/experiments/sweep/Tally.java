package dev.tram.experiments.sweep;

import java.io.PrintStream;

/** How many cells are done, running, failed and left: a line that is redrawn on a terminal. */
public final class Tally {

    private final PrintStream out;
    private final boolean isTerminal;
    private int done;
    private int running;
    private int failed;
    private int left;

    /** Begins with so many cells that were finished before, and so many to run. */
    public Tally(PrintStream out, int done, int left) {
        this.out = out;
        this.done = done;
        this.left = left;
        isTerminal = Boolean.getBoolean("tram.terminal");
    }

    public synchronized void begin() {
        running++;
        left--;
        show();
    }

    public synchronized void finish() {
        running--;
        done++;
        show();
    }

    public synchronized void fail(Cell cell, String why) {
        running--;
        failed++;
        show();
        say("cell " + cell + " failed, " + why);
    }

    /** A cell is to be run again. */
    public synchronized void putBack() {
        running--;
        left++;
        show();
    }

    /** Says something between the lines. */
    public synchronized void say(String line) {
        out.println(isTerminal ? "\r\033[K" + line : line);
        if (isTerminal) {
            show();
        }
    }

    /** Ends the line. */
    public synchronized void end() {
        if (isTerminal) {
            out.println();
        }
        out.flush();
    }

    private void show() {
        if (isTerminal) {
            out.print("\r\033[K" + this);
        } else {
            out.println(this);
        }
        out.flush();
    }

    @Override
    public synchronized String toString() {
        return done + " done, " + running + " running, " + failed + " failed, " + left + " left";
    }
}
