package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.Measure;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Prediction;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StepRecord;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A large report in the system's Chromium, wide and narrow, light and dark, without a network. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrowserTest {

    private static final Path BROWSER = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

    private static final List<String> METHODS =
            List.of(
                    "zero-shot",
                    "adam",
                    "sam",
                    "asam",
                    "asam@rho=0.25",
                    "fisher-sam",
                    "trpo",
                    "asam+trpo",
                    "tram-previous",
                    "tram-pretrained-cached",
                    "tram-x");

    /**
     * What pokes out of the page, and text that lies on other text: rectangles of elements that
     * hold nothing but text.
     */
    private static final String CLASHES =
            """
            const found = [];
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth > width) {
                found.push("page is " + document.documentElement.scrollWidth + " wide, window " + width);
            }
            const seen = [...document.querySelectorAll("body *")].filter(e =>
                e.checkVisibility() && e.textContent.trim() && !e.closest("svg, script, style")
                && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
            const boxes = seen.map(e => {
                const range = document.createRange();
                range.selectNodeContents(e);
                return [e, range.getBoundingClientRect()];
            }).filter(([e, r]) => r.width && r.height);
            for (const [e, r] of boxes) {
                if (!e.closest(".wide") && (r.left < -1 || r.right > width + 1)) {
                    found.push("outside: " + e.textContent.slice(0, 40));
                }
            }
            for (let i = 0; i < boxes.length; i++) {
                for (let j = i + 1; j < boxes.length; j++) {
                    const [a, p] = boxes[i], [b, q] = boxes[j];
                    if (a.contains(b) || b.contains(a)) continue;
                    const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                    const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                    if (x > 2 && y > 3) {
                        found.push(a.textContent.slice(0, 30) + " on " + b.textContent.slice(0, 30));
                    }
                }
            }
            return found;
            """;

    @TempDir private static Path directory;

    private Path report;
    private ChromeDriver browser;

    @BeforeAll
    void open() throws IOException {
        assumeTrue(
                Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER),
                "no " + BROWSER + " and " + DRIVER + ": install chromium and chromium-driver");
        report = directory.resolve("report.html");
        ReportWriter.write(
                report,
                "tram vit",
                "tram vit --target digits,shapes",
                List.of(section("digits"), section("shapes")));
        browser = browser(true);
    }

    private static ChromeDriver browser(boolean hasScripts) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(BROWSER.toFile());
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        LoggingPreferences log = new LoggingPreferences();
        log.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", log);
        if (!hasScripts) {
            options.setExperimentalOption(
                    "prefs", Map.of("profile.managed_default_content_settings.javascript", 2));
        }
        return new ChromeDriver(
                new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build(),
                options);
    }

    @AfterAll
    void close() {
        if (browser != null) {
            browser.quit();
        }
    }

    private static void show(ChromeDriver browser, Path page, int width, String scheme) {
        browser.executeCdpCommand("Network.enable", Map.of());
        browser.executeCdpCommand(
                "Network.emulateNetworkConditions",
                Map.of(
                        "offline",
                        true,
                        "latency",
                        0,
                        "downloadThroughput",
                        0,
                        "uploadThroughput",
                        0));
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        browser.get(page.toUri().toString());
    }

    @ParameterizedTest
    @CsvSource({"1280,light", "1280,dark", "390,light", "390,dark"})
    void nothingOverflowsOverlapsOrFails(int width, String scheme) throws IOException {
        show(browser, report, width, scheme);
        assertThat((List<?>) browser.executeScript(CLASHES)).isEmpty();
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
                .extracting(LogEntry::getMessage)
                .isEmpty();
        List<WebElement> figures = browser.findElements(By.cssSelector("figure.curves"));
        assertThat(figures).hasSizeGreaterThanOrEqualTo(8);
        assertThat(browser.findElements(By.cssSelector("figure.curves .uplot canvas")))
                .hasSameSizeAs(figures)
                .allSatisfy(
                        canvas -> assertThat(canvas.getSize().width).isBetween(width / 2, width));
        keep("report-" + width + "-" + scheme);
    }

    /** Left beside the test's reports, to be looked at. */
    private void keep(String name) throws IOException {
        Object size = browser.executeScript("return document.documentElement.scrollHeight");
        Object width = browser.executeScript("return document.documentElement.clientWidth");
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        width,
                        "height",
                        Math.min(8000, ((Number) size).intValue()),
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        false));
        Path pictures = Files.createDirectories(Path.of("target", "screenshots"));
        Files.write(pictures.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
    }

    @Test
    void aChartChangesWithThePagesWidthAndColours() {
        show(browser, report, 1280, "light");
        String axis =
                "return getComputedStyle(document.body).backgroundColor + document.querySelector('.uplot canvas').clientWidth";
        Object before = browser.executeScript(axis);
        show(browser, report, 390, "dark");
        assertThat(browser.executeScript(axis)).isNotEqualTo(before);
    }

    @Test
    void aKeySwitchesACurveOffAndArrowsReadItsValues() {
        show(browser, report, 1280, "light");
        WebElement entry = browser.findElement(By.cssSelector(".u-legend th[role=switch]"));
        assertThat(entry.getDomAttribute("aria-checked")).isEqualTo("true");
        entry.sendKeys(Keys.SPACE);
        assertThat(entry.getDomAttribute("aria-checked")).isEqualTo("false");
        WebElement chart =
                browser.findElement(
                        By.cssSelector(".u-over[aria-label='training loss over steps']"));
        chart.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
        assertThat(chart.getDomAttribute("aria-valuetext"))
                .matches("step \\d+: adam [\\d.]+, sam .*");
    }

    @Test
    void thePageIsWholeWithoutItsScript() {
        ChromeDriver plain = browser(false);
        try {
            show(plain, report, 390, "light");
            assertThat(plain.findElements(By.cssSelector("figure.curves canvas"))).isEmpty();
            assertThat(plain.findElements(By.cssSelector("figure.curves svg.plot")))
                    .hasSizeGreaterThanOrEqualTo(8)
                    .allSatisfy(svg -> assertThat(svg.isDisplayed()).isTrue());
        } finally {
            plain.quit();
        }
    }

    @Test
    void theAnswerComesFirstAndTheFileIsSmall() throws IOException {
        String page = Files.readString(report);
        assertThat(page.indexOf("class=\"answer\"")).isBetween(0, page.indexOf("<table>"));
        assertThat(page).doesNotContain("http://", "src=\"http");
        assertThat(Files.size(report)).isLessThan(5_000_000);
    }

    private static Section section(String target) {
        List<Measure> measures =
                List.of(
                        Measure.higher("in", "in domain, accuracy in %"),
                        Measure.higher("rotated", "rotated"),
                        Measure.higher("noise", "noise"),
                        Measure.higher("shift", "mean under shift, %"),
                        Grid.DISTANCE,
                        Grid.PERTURBATION);
        ExperimentConfig config =
                new ExperimentConfig(
                        "vit",
                        target,
                        Map.of(),
                        "cpu",
                        METHODS.subList(1, METHODS.size()),
                        3,
                        "bundled",
                        Protocol.of(120, 32, 0.001f),
                        MethodSettings.PAPER);
        Random random = new Random(7);
        Results results = Results.none(config).ofDomains(measures.subList(0, 3));
        Map<String, List<List<StepRecord>>> steps = new LinkedHashMap<>();
        for (String method : METHODS) {
            List<List<StepRecord>> runs = new ArrayList<>();
            double level = 70 + 10 * random.nextDouble();
            for (int seed = 0; seed < 3; seed++) {
                Map<String, Double> figures = new LinkedHashMap<>();
                for (Measure measure : measures.subList(0, 4)) {
                    figures.put(measure.name(), level + 3 * random.nextGaussian());
                }
                boolean ascends = method.contains("am") && !method.equals("adam");
                figures.put(
                        Grid.DISTANCE.name(),
                        method.startsWith("tram") ? 1e-4 * level : Double.NaN);
                figures.put(Grid.PERTURBATION.name(), ascends ? 0.01 * level : 0);
                results = results.with(new RunKey(method, seed), figures, METHODS);
                runs.add(steps(random, ascends));
            }
            if (!method.equals("zero-shot")) {
                steps.put(method, runs);
            }
        }
        return new Section(
                target,
                "validation accuracy, %",
                measures.get(3),
                config,
                ResultTable.of(results, measures),
                results,
                TransferReport.of(results),
                steps,
                "Test examples under adam, seed 0",
                pictures(
                        List.of(
                                new Prediction(
                                        new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB),
                                        "seven",
                                        "seven"),
                                new Prediction(
                                        new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB),
                                        "seven",
                                        "one"))));
    }

    private static List<StepRecord> steps(Random random, boolean ascends) {
        List<StepRecord> steps = new ArrayList<>();
        for (int step = 1; step <= 120; step++) {
            double loss = 2 * Math.exp(-step / 40.0) + 0.2 * random.nextDouble();
            double radius = ascends ? Math.pow(10, -2 - 3 * random.nextDouble()) : Double.NaN;
            steps.add(
                    new StepRecord(
                            step,
                            loss,
                            loss + 0.1,
                            radius,
                            radius,
                            radius,
                            radius,
                            1,
                            0.001f,
                            5,
                            2,
                            2,
                            step % 20 == 0 ? 50 + step / 4.0 : null));
        }
        return steps;
    }

    private static Illustrations pictures(List<Prediction> predictions) {
        return new Illustrations(predictions, List.of());
    }
}
