//! An independent client, the crate `sunspec`, reads what the CSV row of the same poll says.

use super::Served;
use crate::support::captures::bytes;
use crate::support::inverter::Inverter;
use crate::support::program::{PATIENT, WATCH_SIM, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sunspec::client::{AsyncClient, AsyncDevice, Config};
use sunspec::models::model1::Model1;
use sunspec::models::model101::Model101;
use sunspec::models::model103::{Model103, St};
use sunspec::models::model120::Model120;
use sunspec::models::model124::Model124;
use sunspec::models::model160::Model160;
use sunspec::models::model201::Model201;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio_modbus::client::{Context, tcp::connect};

type Client = Arc<Mutex<Context>>;
type Row = BTreeMap<String, String>;

/// A point: its name, its register, its scale, the columns that it is the sum of.
type Point = (&'static str, i64, i16, &'static [&'static str]);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn client(served: &Served) -> AsyncClient<Client> {
    let context = connect(served.at).await.expect("a connection");
    AsyncClient::new(context, Config::default())
}

/// The device of a unit, as soon as it is served.
async fn device(client: &AsyncClient<Client>, unit: u8) -> AsyncDevice<Client> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match client.device(unit).await {
            Ok(device) => return device,
            Err(error) => assert!(Instant::now() < end, "unit {unit}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The newest row, by column.
fn row(path: &Path) -> Row {
    let text = fs::read_to_string(path).expect("a row");
    let header = text.lines().next().expect("a header");
    let row = text.lines().next_back().expect("a row");
    let labels = header.trim_start_matches("# ").split(", ");
    let cells = row.trim_end().split(',');
    let mut columns = Row::new();
    for (label, cell) in labels.zip(cells) {
        // An XP tells its yield in its readings and in its counters: the readings are newer.
        columns.entry(label.to_owned()).or_insert(cell.to_owned());
    }
    columns
}

/// The sum of columns; `None` if one is missing or empty.
fn sum(row: &Row, columns: &[&str]) -> Option<f64> {
    let numbers = columns
        .iter()
        .map(|column| row.get(*column)?.parse::<f64>().ok());
    let sum = numbers.sum::<Option<f64>>();
    sum.filter(|_| !columns.is_empty())
}

/// What is wrong with a point, if anything.
fn wrong(row: &Row, (name, register, scale, columns): Point) -> Option<String> {
    let value = register as f64 * 10_f64.powi(scale.into());
    let is_right = match sum(row, columns) {
        Some(due) => (value - due).abs() <= 0.5001 * 10_f64.powi(scale.into()),
        None => matches!(register, 0xFFFF | -0x8000),
    };
    (!is_right).then(|| format!("{name} is {register} ({value}), columns {columns:?}"))
}

/// The columns of a layout, by what they are.
struct Columns {
    address: u8,
    amperes: [&'static [&'static str]; 3],
    volts: [&'static [&'static str]; 3],
    watts: &'static [&'static str],
    hertz: &'static [&'static str],
    celsius: &'static [&'static str],
}

const ONE_PHASE: Columns = Columns {
    address: 1,
    amperes: [&["AC Current"], &[], &[]],
    volts: [&["AC Voltage"], &[], &[]],
    watts: &["AC Power"],
    hertz: &[],
    celsius: &["Device temperature"],
};

const THREE_PHASES: Columns = Columns {
    address: 2,
    amperes: [
        &["AC Current phase 1"],
        &["AC Current phase 2"],
        &["AC Current phase 3"],
    ],
    volts: [
        &["AC Voltage phase 1"],
        &["AC Voltage phase 2"],
        &["AC Voltage phase 3"],
    ],
    watts: &["AC Power total"],
    hertz: &[],
    celsius: &["Circuit board temperature"],
};

/// By their addresses in the simulation, all layouts.
const LAYOUTS: [Columns; 7] = [
    ONE_PHASE,
    THREE_PHASES,
    Columns {
        address: 3,
        ..THREE_PHASES
    },
    Columns {
        address: 6,
        amperes: [
            &["AC Current unit 1"],
            &["AC Current unit 2"],
            &["AC Current unit 3"],
        ],
        volts: [
            &["AC Voltage unit 1"],
            &["AC Voltage unit 2"],
            &["AC Voltage unit 3"],
        ],
        watts: &["AC Power unit 1", "AC Power unit 2", "AC Power unit 3"],
        hertz: &[],
        celsius: &[],
    },
    Columns {
        address: 7,
        amperes: [&[]; 3],
        volts: [&[]; 3],
        ..ONE_PHASE
    },
    Columns {
        address: 8,
        ..THREE_PHASES
    },
    Columns {
        address: 9,
        hertz: &["AC Frequency"],
        ..THREE_PHASES
    },
];

/// The mandatory numbers of model 101 and of model 103: points of both have the same names.
macro_rules! points {
    ($model:expr, $columns:expr) => {{
        let (model, columns) = (&$model, $columns);
        vec![
            (
                "AphA",
                i64::from(model.aph_a),
                model.a_sf,
                columns.amperes[0],
            ),
            (
                "PhVphA",
                i64::from(model.ph_vph_a),
                model.v_sf,
                columns.volts[0],
            ),
            ("W", i64::from(model.w), model.w_sf, columns.watts),
            ("Hz", i64::from(model.hz), model.hz_sf, columns.hertz),
        ]
    }};
}

#[test]
fn every_layout_is_what_its_row_says() {
    let logs = TempDir::new().unwrap();
    let directory = text(logs.path());
    let served =
        Served::start(&[&["watch", "sim:", "1-9", "--log", &directory], &PATIENT[..]].concat());
    assert!(
        served
            .units
            .starts_with("126 plant, 1 address 01, 2 address 02"),
        "{}",
        served.units
    );
    runtime().block_on(async {
        let client = client(&served).await;
        for columns in &LAYOUTS {
            let device = device(&client, columns.address).await;
            let path = logs
                .path()
                .join(format!("{:02}/latest.csv", columns.address));
            let end = Instant::now() + Duration::from_secs(30);
            loop {
                let before = row(&path);
                let faults = compare(&device, columns, &before).await;
                // A poll may end between the row and the registers; then both are read again.
                if faults.is_empty() && row(&path) == before {
                    break;
                }
                assert!(Instant::now() < end, "{}: {faults:?}", columns.address);
            }
        }
        plant_is_the_sum(&client).await;
    });
    served.stop();
}

async fn compare(device: &AsyncDevice<Client>, columns: &Columns, row: &Row) -> Vec<String> {
    let ids = device.models.supported_model_ids();
    let is_one_phase = matches!(columns.address, 1);
    assert_eq!(ids.contains(&101), is_one_phase, "{ids:?}");
    assert_eq!(ids.contains(&103), !is_one_phase, "{ids:?}");
    let common: Model1 = device.read_model().await.expect("model 1");
    assert_eq!(common.mn, "KACO new energy");
    assert_eq!(common.sn, format!("{}-{:02}", row["Type"], columns.address));
    assert!(!common.md.is_empty());
    assert_eq!(common.da, Some(u16::from(columns.address)));
    let mut points: Vec<Point> = Vec::new();
    let (watt_hours, state);
    if is_one_phase {
        let model: Model101 = device.read_model().await.expect("model 101");
        points.extend(points!(model, columns));
        points.push(("A", model.a.into(), model.a_sf, columns.amperes[0]));
        let celsius = (model.tmp_cab.into(), model.tmp_sf);
        points.push(("TmpCab", celsius.0, celsius.1, columns.celsius));
        assert_eq!(
            (model.aph_b, model.aph_c, model.ph_vph_b),
            (None, None, None)
        );
        (watt_hours, state) = (model.wh, model.st_vnd);
    } else {
        let model: Model103 = device.read_model().await.expect("model 103");
        points.extend(points!(model, columns));
        let [_, second, third] = columns.amperes;
        points.push(("AphB", model.aph_b.into(), model.a_sf, second));
        points.push(("AphC", model.aph_c.into(), model.a_sf, third));
        let [_, second, third] = columns.volts;
        points.push(("PhVphB", model.ph_vph_b.into(), model.v_sf, second));
        points.push(("PhVphC", model.ph_vph_c.into(), model.v_sf, third));
        if !columns.celsius.is_empty() {
            points.push((
                "TmpCab",
                model.tmp_cab.into(),
                model.tmp_sf,
                columns.celsius,
            ));
        }
        assert!(matches!(model.st, St::Mppt), "{:?}", model.st);
        (watt_hours, state) = (model.wh, model.st_vnd);
    }
    let mut faults: Vec<String> = points
        .into_iter()
        .filter_map(|point| wrong(row, point))
        .collect();
    let yielded = sum(row, &["Total yield"]).map_or(0.0, |kilowatts| kilowatts * 1000.0);
    // What a counter of 32 bits can't hold is not implemented.
    let yielded = if yielded > f64::from(u32::MAX) {
        0.0
    } else {
        yielded
    };
    if (f64::from(watt_hours) - yielded).abs() > 0.5 {
        faults.push(format!("WH is {watt_hours}, the row says {yielded}"));
    }
    if state != Some(4) {
        faults.push(format!("StVnd is {state:?}"));
    }
    let trackers: Model160 = device.read_model().await.expect("model 160");
    let count = row
        .keys()
        .filter(|label| label.starts_with("DC Voltage"))
        .count();
    assert_eq!(trackers.module.len(), count);
    assert_eq!(trackers.n, u16::try_from(count).ok());
    let told = |module: &sunspec::models::model160::Module| {
        module.dca.is_some() && module.dcv.is_some() && module.dcw.is_some()
    };
    assert!(trackers.module.iter().all(told), "{trackers:?}");
    let rating: Model120 = device.read_model().await.expect("model 120");
    let known = kaco_ardexa::kaco::types::find(&row["Type"]).and_then(|found| found.maximum_power);
    match known {
        Some(watts) => {
            let rated = f64::from(rating.w_rtg) * 10_f64.powi(rating.w_rtg_sf.into());
            assert!((rated - f64::from(watts)).abs() <= 50.0, "{rated} {watts}");
        }
        None => assert_eq!(rating.w_rtg, 0xFFFF),
    }
    faults
}

async fn plant_is_the_sum(client: &AsyncClient<Client>) {
    let plant = device(client, 126).await;
    let common: Model1 = plant.read_model().await.expect("model 1");
    assert_eq!(common.md, "plant of 9 inverters");
    assert_eq!((common.sn.as_str(), common.da), ("PLANT-01", Some(126)));
    for alias in [0, 255] {
        let alias = device(client, alias).await;
        let same: Model1 = alias.read_model().await.expect("model 1");
        assert_eq!(same, common);
    }
    let model: Model103 = plant.read_model().await.expect("model 103");
    let watts = f64::from(model.w) * 10_f64.powi(model.w_sf.into());
    assert_eq!(model.w_sf, 2, "{watts} W");
    assert!(watts > 5_000.0, "{model:?}");
    assert_eq!(
        model.wh, 0,
        "more than a counter of 32 bits holds is not implemented"
    );
    assert_eq!((model.aph_a, model.ph_vph_a), (0xFFFF, 0xFFFF));
}

#[test]
fn plant_adds_up_its_inverters() {
    let logs = TempDir::new().unwrap();
    let directory = text(logs.path());
    let served =
        Served::start(&[&["watch", "sim:", "1,4", "--log", &directory], &PATIENT[..]].concat());
    assert_eq!(served.units, "126 plant, 1 address 01, 4 address 04");
    runtime().block_on(async {
        let client = client(&served).await;
        let plant = device(&client, 126).await;
        assert_eq!(plant.models.supported_model_ids(), [1, 101, 120]);
        let rows =
            || ["01", "04"].map(|inverter| row(&logs.path().join(inverter).join("latest.csv")));
        let due = |column: &str| {
            let numbers = rows().map(|row| row[column].parse::<f64>().expect("a number"));
            numbers.iter().sum::<f64>()
        };
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let before = rows();
            let model: Model101 = plant.read_model().await.expect("model 101");
            let is_right = f64::from(model.w) == due("AC Power")
                && (f64::from(model.a) - due("AC Current") * 100.0).abs() < 0.5
                && f64::from(model.wh) == due("Total yield") * 1000.0
                && (model.ph_vph_a, model.hz) == (0xFFFF, 0xFFFF);
            if is_right && rows() == before {
                break;
            }
            assert!(Instant::now() < end, "{model:?} {before:?}");
        }
        let rating: Model120 = plant.read_model().await.expect("model 120");
        let watts = |code| {
            kaco_ardexa::kaco::types::find(code)
                .unwrap()
                .maximum_power
                .unwrap()
        };
        assert_eq!(u32::from(rating.w_rtg), watts("6400xi") + watts("5002xi"));
    });
    served.stop();
}

/// The steps of Victron's detector, then what it reads each second.
#[test]
fn victron_finds_the_inverter_and_reads_it_while_it_is_polled() {
    use tokio_modbus::client::Reader;
    use tokio_modbus::slave::{Slave, SlaveContext};
    let served = Served::start(&WATCH_SIM);
    runtime().block_on(async {
        device(&client(&served).await, 126).await;
        let mut context = connect(served.at).await.expect("a connection");
        context.set_slave(Slave(126));
        let mut read = async |at, count| context.read_holding_registers(at, count).await;
        let mut good = async |at, count| read(at, count).await.unwrap().unwrap();
        assert_eq!(good(40000, 2).await, [0x5375, 0x6E53]);
        let mut models = Vec::new();
        let mut at = 40002;
        loop {
            let head = good(at, 2).await;
            if head[0] == 0xFFFF {
                break;
            }
            models.push((head[0], at, head[1]));
            at += 2 + head[1];
        }
        let ids: Vec<u16> = models.iter().map(|model| model.0).collect();
        assert_eq!(ids, [1, 103, 120, 160], "a limiter would need 123 or 704");
        let (_, common, length) = models[0];
        let common = good(common, length + 2).await;
        assert_eq!(common[2..4], [0x4B41, 0x434F], "KACO");
        let (_, inverter, _) = models[1];
        for _ in 0..30 {
            let registers = good(inverter, 52).await;
            assert_eq!(registers[..2], [103, 50]);
            let (watts, trackers) = (f64::from(registers[14]), f64::from(registers[31]));
            assert!(
                watts > 100.0 && watts < trackers,
                "{watts} of {trackers} W: torn"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    served.stop();
}

/// The reading of capture AA-21: battery charging, grid idle.
#[test]
fn hybrid_is_an_inverter_with_a_battery_and_a_meter() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let ip = inverter.ip.to_string();
    let served = Served::start(&["kstar", "watch", "--ip", &ip]);
    let due = format!("126 plant, 201 inverter {ip}, 202 meter of inverter {ip}");
    assert_eq!(served.units, due);
    runtime().block_on(async {
        let client = client(&served).await;
        let hybrid = device(&client, 201).await;
        assert_eq!(hybrid.models.supported_model_ids(), [1, 101, 120, 124, 160]);
        let common: Model1 = hybrid.read_model().await.expect("model 1");
        assert_eq!(
            (common.mn.as_str(), common.sn.as_str()),
            ("KSTAR", "E4000K1234567890")
        );
        let model: Model101 = hybrid.read_model().await.expect("model 101");
        assert_eq!((model.w, model.wh, model.hz), (315, 1_347_500, 4992));
        assert_eq!(
            (model.a, model.ph_vph_a, model.tmp_cab),
            (0xFFFF, 2351, 301)
        );
        assert_eq!((model.dcw, model.dcv, model.pf), (Some(408), None, None));
        assert_eq!(format!("{:?}", model.st), "Mppt");
        let rating: Model120 = hybrid.read_model().await.expect("model 120");
        assert_eq!(rating.w_rtg, 0xFFFF);
        assert_eq!(format!("{:?}", rating.der_typ), "PvStor");
        let battery: Model124 = hybrid.read_model().await.expect("model 124");
        assert_eq!((battery.cha_state, battery.in_bat_v), (Some(71), Some(506)));
        assert_eq!(format!("{:?}", battery.cha_st), "Some(Charging)");
        let meter = device(&client, 202).await;
        assert_eq!(meter.models.supported_model_ids(), [1, 201]);
        let common: Model1 = meter.read_model().await.expect("model 1");
        assert_eq!(
            (common.sn.as_str(), common.da),
            ("E4000K1234567890-METER", Some(202))
        );
        let grid: Model201 = meter.read_model().await.expect("model 201");
        assert_eq!(
            (grid.w, grid.a, grid.ph_vph_a, grid.hz),
            (0, 180, Some(2351), 4992)
        );
        assert_eq!((grid.tot_wh_exp, grid.tot_wh_imp), (0, 0));
        let plant = device(&client, 126).await;
        let model: Model101 = plant.read_model().await.expect("model 101");
        assert_eq!((model.w, model.wh), (315, 1_347_500));
    });
    served.stop();
}

/// Nothing is known of an inverter that was silent since the start, unless a log has a row of it.
#[test]
fn start_at_night_serves_what_the_log_knows() {
    let logs = TempDir::new().unwrap();
    let folder = logs.path().join("02");
    fs::create_dir(&folder).unwrap();
    let header = "# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, AC Current, \
        AC Power, Device temperature, Daily yield, Type, Daily peak power, Counter yield, \
        Total yield, Minutes today, Minutes counter, Minutes total";
    let row = "2020-06-20T21:40:17+0200,mpp-track,98.5,0.10,10,227.8,0.04,9,19,33969,5000xi,4000,\
        1,28500,1,2,3";
    fs::write(folder.join("2020-06-20.csv"), format!("{header}\n{row}\n")).unwrap();
    let directory = text(logs.path());
    let arguments = [
        "watch",
        "sim:night",
        "2-3",
        "--pace",
        "0s",
        "--log",
        &directory,
    ];
    let served = Served::start(&arguments);
    runtime().block_on(async {
        let client = client(&served).await;
        for unit in [2, 126] {
            let device = device(&client, unit).await;
            let model: Model101 = device.read_model().await.expect("model 101");
            assert_eq!((model.w, model.wh, model.a), (0, 28_500_000, 0));
            assert_eq!(
                (model.ph_vph_a, model.hz, model.tmp_cab),
                (0xFFFF, 0xFFFF, -0x8000)
            );
            assert_eq!(format!("{:?}", model.st), "Sleeping");
            let common: Model1 = device.read_model().await.expect("model 1");
            if unit == 2 {
                assert_eq!(common.sn, "5000xi-02");
            }
        }
        let error = client.device(3).await.err().expect("nothing is known");
        assert!(
            format!("{error:?}").contains("GatewayTargetDevice"),
            "{error:?}"
        );
    });
    served.stop();
}
