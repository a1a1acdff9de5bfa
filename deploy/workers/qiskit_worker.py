#!/usr/bin/env python3
"""Serves Tandem's quantum jobs with Qiskit Aer, in place of the enrichment stage.

Tandem runs with `enrichment.backend: topic`; each message on `tandem.jobs` then carries its circuit
as OpenQASM 3, what to estimate, and how many shots. This worker runs it and writes the measurement,
the bill and the device's heartbeat, with what admission forecasts by: how long jobs waited and ran,
prices, fidelity, patience asked for. It obeys the kill switch and says so, as Tandem's own stages
do. Start more of them to share the work: they form one group.

    pip install -r requirements.txt
    python3 qiskit_worker.py --brokers HOST:PORT [--prefix tandem.] [--device simulated-qpu]

To plug in another stack, replace `Device`: circuits in, one dictionary of counts for each out, and
what it costs and announces.
"""

import argparse
import json
import math
import os
import signal
import socket
import sys
import time
import warnings

from confluent_kafka import (Consumer, KafkaError, KafkaException, OFFSET_BEGINNING, Producer,
                             TopicPartition)
from qiskit import qasm3
from qiskit_aer import AerSimulator
from qiskit_aer import __version__ as aer_version

# Inputs taken at once: one call of the simulator for all, one commit.
BATCH = 256
# Admission takes a device that has been silent for ten seconds as down.
HEARTBEAT_SECONDS = 0.1
# How often the worker says which settings it has in force; after five of these it counts as gone.
PRESENCE_SECONDS = 1.0
# Outcomes that a heartbeat may carry.
OUTCOMES = 64
# Carried over from the job, so that the measurement can be told from any other.
CARRIED = ("id", "job", "receivedAtMs", "deadlineMs", "classicalScore", "shots", "seed",
           "circuit", "circuitHash", "model", "device")


def now_ms():
    return time.time_ns() // 1_000_000


class Throttled(Exception):
    """Raised by a device that asks for patience: it is tried again so many seconds later."""

    def __init__(self, seconds):
        super().__init__(f"asked for {seconds} s of patience")
        self.seconds = seconds


class Device:
    """What runs circuits."""

    calibration = f"aer/{aer_version}"
    # Of one circuit whatever its shots, and of each shot, in the currency of Tandem's budgets.
    price_per_task = 0.0
    price_per_shot = 0.0
    # Estimated probability that a circuit runs and is read without an error; None: nobody knows.
    fidelity = 1.0

    def closures(self):
        """Announced maintenance and calibrations, the one under way first: at most 16
        dictionaries of kind, fromMs and untilMs."""
        return []

    def cost(self, shots):
        return self.price_per_task + shots * self.price_per_shot

    def __init__(self):
        # One thread and no fusion: a circuit of few qubits is over before they pay.
        self.simulator = AerSimulator(method="statevector", max_parallel_threads=1,
                                      fusion_enable=False)

    def run(self, programs):
        """programs: (OpenQASM 3, shots, seed) of each circuit; returns its counts by bit string."""
        counts = []
        for qasm, shots, seed in programs:
            circuit = self.load(qasm)
            result = self.simulator.run(circuit, shots=shots, seed_simulator=seed).result()
            counts.append(result.get_counts(0))
        return counts

    @staticmethod
    def load(qasm):
        """Qiskit's own reader takes a fraction of a millisecond; the complete one takes fifty."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return qasm3.loads_experimental(qasm)
        except Exception:
            return qasm3.loads(qasm)


def estimate(counts, observables, weights):
    """Means of products of Z, and mean and standard error of their weighted sum per shot."""
    masks = [sum(1 << int(q) for q in name.split("Z")[1:]) for name in observables]
    shots = sum(counts.values())
    sums = [0.0] * len(masks)
    total = squares = 0.0
    for text, count in counts.items():
        bits = int(text.replace(" ", ""), 2)
        signs = [-1.0 if (bits & mask).bit_count() & 1 else 1.0 for mask in masks]
        value = sum(w * s for w, s in zip(weights, signs))
        for index, sign in enumerate(signs):
            sums[index] += count * sign
        total += count * value
        squares += count * value * value
    mean = total / shots
    variance = max(0.0, squares / shots - mean * mean)
    error = math.sqrt(variance / (shots - 1)) if shots > 1 else 0.0
    return [s / shots for s in sums], mean, error


def begun(device, job, taken):
    """What every measurement of a job that was taken at an instant starts with."""
    message = {name: job[name] for name in CARRIED}
    # Only of jobs that admission took something off: its verdict is not the model's own.
    if "downgrade" in job:
        message["downgrade"] = job["downgrade"]
    message.update(calibration=device.calibration, submittedAtMs=taken, startedAtMs=now_ms(),
                   cost=0.0)
    return message


def measure(device, job, taken):
    """The measurement of a job that was taken at an instant; one that cannot be run fails alone.

    Raises Throttled when the device asks for patience."""
    message = begun(device, job, taken)
    try:
        if "qasm" not in job:
            raise ValueError("the job has no OpenQASM; is 'enrichment.backend' topic?")
        # The same job draws the same shots, on any worker.
        seed = int(job["seed"], 16) % (1 << 63)
        [counts] = device.run([(job["qasm"], job["shots"], seed)])
        values, mean, error = estimate(counts, job["observables"], job["weights"])
        message.update(status="ok", head={"value": mean, "standardError": error},
                       expectations=values, cost=device.cost(job["shots"]))
    except Throttled:
        raise
    except Exception as problem:  # whatever the stack throws is this job's failure alone
        message.update(status="failed", error=" ".join(str(problem).split()) or repr(problem))
    message["completedAtMs"] = now_ms()
    return message


def refusal(device, job, taken, why):
    """The failed measurement of a job that is not run."""
    message = begun(device, job, taken)
    message.update(completedAtMs=now_ms(), status="failed", error=why)
    return message


class Control:
    """The operators' settings, read from the beginning and followed without a group."""

    def __init__(self, options):
        self.kill_switch = False
        # The offset of the last change, and since when it is in force here.
        self.version = -1
        self.since = now_ms()
        self.consumer = Consumer({"bootstrap.servers": options.brokers,
                                  "group.id": "tandem-reader", "enable.auto.commit": False,
                                  "enable.partition.eof": True})
        self.consumer.assign([TopicPartition(options.prefix + "control", 0, OFFSET_BEGINNING)])
        latest = time.monotonic() + 10
        while not self.follow(0.1):
            if time.monotonic() > latest:
                raise TimeoutError("the control topic cannot be read: no answer within 10 s")

    def follow(self, timeout=0.0):
        """Takes in what has come; whether the topic's end was seen."""
        while (message := self.consumer.poll(timeout)) is not None:
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    return True
                continue
            self.take(message)
        return False

    def take(self, message):
        try:
            setting = json.loads(message.value())
            # The entry of the history, under a key of its own, says the same just before.
            if message.key() == b"kill-switch":
                self.kill_switch = setting["value"] == "on"
        except (TypeError, ValueError, KeyError):
            return
        self.version, self.since = message.offset(), now_ms()


class Worker:
    def __init__(self, options):
        self.options = options
        self.device = Device()
        self.producer = Producer({"bootstrap.servers": options.brokers,
                                  "enable.idempotence": True, "linger.ms": 5,
                                  "partitioner": "murmur2_random"})
        # The enrichment stage's own group: its offsets go on where the stage left off.
        self.consumer = Consumer({"bootstrap.servers": options.brokers,
                                  "group.id": options.prefix + "enrichment",
                                  "auto.offset.reset": "earliest",
                                  "partition.assignment.strategy": "range",
                                  "enable.auto.commit": False})
        self.control = Control(options)
        self.undelivered = None
        self.total = dict(submitted=0, completed=0, failed=0)
        self.throttled = 0
        self.throttled_until = 0
        self.outcomes = []
        self.service_ms = 1.0
        self.next_heartbeat = 0.0
        self.next_presence = 0.0
        self.told_version = None
        self.is_stopping = False
        # The next offset of each partition whose answers are sent but not committed.
        self.answered = {}
        # Inputs that came while the device asked for patience: the next batch begins with them.
        self.kept = []
        # Whether partitions of the batch at hand were taken away.
        self.is_revoked = False

    def stop(self, *_):
        self.is_stopping = True

    def send(self, topic, key, message, **place):
        body = json.dumps(message, separators=(",", ":")).encode()
        while True:
            try:
                return self.producer.produce(self.options.prefix + topic, key=key, value=body,
                                             on_delivery=self.delivered, **place)
            except BufferError:
                self.producer.poll(0.1)

    def delivered(self, error, _):
        if error is not None:
            self.undelivered = error

    def obey(self):
        """Follows the operators, and tells them what is in force: at once, and each second."""
        self.control.follow()
        is_new = self.told_version != self.control.version
        if not is_new and time.monotonic() < self.next_presence:
            return
        self.next_presence = time.monotonic() + PRESENCE_SECONDS
        self.told_version = self.control.version
        self.send("instances", self.presence_key(), dict(
            instance=self.options.instance, stage="enrichment", atMs=now_ms(),
            control=self.control.version, sinceMs=self.control.since))

    def presence_key(self):
        return "enrichment/" + self.options.instance

    def heartbeat(self, waiting=0):
        self.obey()
        if time.monotonic() < self.next_heartbeat:
            return
        self.next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
        patience = max(0, self.throttled_until - now_ms())
        status = dict(
            device=self.options.device, atMs=now_ms(), state="online", queueDepth=waiting,
            waitMs=waiting * self.service_ms + patience, serviceTimeMs=self.service_ms,
            calibration=self.device.calibration, **self.total, instance=self.options.instance,
            outcomes=self.outcomes[-OUTCOMES:], pricePerTask=self.device.price_per_task,
            pricePerShot=self.device.price_per_shot)
        if self.throttled:
            status["throttled"] = self.throttled
        if patience:
            status["throttledUntilMs"] = self.throttled_until
        if closures := self.device.closures():
            status["closures"] = closures
        if self.device.fidelity is not None:
            status["fidelity"] = self.device.fidelity
        # Each outcome goes out once.
        self.outcomes.clear()
        self.send("qpu-status", self.options.device, status)

    def serve(self, messages):
        taken, inputs = now_ms(), []
        self.is_revoked = False
        for message in messages:
            try:
                inputs.append((message, json.loads(message.value()), None))
            except (TypeError, ValueError) as problem:
                inputs.append((message, None, problem))
        self.total["submitted"] += sum(problem is None for _, _, problem in inputs)
        # What a heartbeat would have told each job when it was taken.
        announced = self.service_ms
        for index, (message, job, problem) in enumerate(inputs):
            if problem is None:
                outcome = dict(submittedAtMs=taken, queueDepth=index,
                               announcedMs=index * announced, records=1)
                result = self.answer(job, taken, len(inputs) - index, outcome)
                if result is None:
                    break  # given up with all that follow: not committed, taken again
                self.report(message, job, result)
            else:
                self.reject(message, problem)
            # In order, so that it is always the beginning of each partition that is done.
            self.answered[message.topic(), message.partition()] = message.offset() + 1
            self.heartbeat(len(inputs) - index - 1)
        self.commit()

    def report(self, message, job, result):
        """Sends a job's measurement and its bill."""
        self.total["completed" if result["status"] == "ok" else "failed"] += 1
        self.send("measurements", message.key(), result)
        # Into the partition of the job's own entries, wherever its key would hash to.
        self.send("ledger", job["job"], dict(
            job=job["job"], id=job["id"], cost=result["cost"], device=job["device"],
            state="settled" if result["status"] == "ok" else "released",
            atMs=result["completedAtMs"]), partition=message.partition())

    def objection(self, job):
        """Why a job is not to be run; None if it may be."""
        if self.control.kill_switch:
            return "the kill switch is on"
        # What its budgets set aside for it: a bill must not be higher, but for rounding.
        limit = job.get("maximumCost")
        if limit is not None and (cost := self.device.cost(job["shots"])) > limit + 1e-9:
            return f"the job would cost {cost:.9g}, more than the {limit:.9g} set aside for it"
        return None

    def answer(self, job, taken, waiting, outcome):
        """The measurement of a job, however often the device puts it off.

        None if it is given up: the worker is to stop, or has lost its partitions, while the device
        asks for patience. A stop alone lets the batch at hand end."""
        while True:
            self.obey()
            if why := self.objection(job):
                return refusal(self.device, job, taken, why)
            begin = time.monotonic()
            try:
                result = measure(self.device, job, taken)
            except Throttled as delay:
                self.throttled += 1
                self.outcomes.append(dict(outcome, waitMs=0, runMs=0, status="throttled"))
                self.wait(delay.seconds, waiting)
                if self.is_stopping or self.is_revoked:
                    return None
                continue
            taken_ms = 1_000 * (time.monotonic() - begin)
            self.service_ms += 0.1 * (taken_ms - self.service_ms)
            self.outcomes.append(dict(
                outcome, waitMs=max(0, result["startedAtMs"] - taken), runMs=taken_ms,
                status=result["status"]))
            return result

    def wait(self, seconds, waiting):
        """Lets the device be, while heartbeats go out and the group is kept."""
        # First: whoever has the partitions after a stop or a rebalance runs and bills no job again.
        self.commit()
        self.throttled_until = now_ms() + math.ceil(1_000 * seconds)
        while now_ms() < self.throttled_until and not (self.is_stopping or self.is_revoked):
            # Each time: what a rebalance assigns is not paused.
            self.consumer.pause(self.consumer.assignment())
            self.heartbeat(waiting)
            self.producer.poll(0)
            message = self.consumer.poll(0.05)
            if message is not None and not message.error():
                self.kept.append(message)
            if self.control.kill_switch:
                break
        self.consumer.resume(self.consumer.assignment())

    def revoked(self, consumer, partitions):
        """Partitions go to another worker, or come again from what is committed: what has not been
        answered is not this batch's any more."""
        # One that comes back would still be paused.
        consumer.resume(partitions)
        self.kept.clear()
        self.is_revoked = True

    def reject(self, message, problem):
        headers = [("tandem-error-stage", "enrichment"), ("tandem-error-code", "undecodable"),
                   ("tandem-error-message", str(problem)), ("tandem-error-topic", message.topic()),
                   ("tandem-error-partition", str(message.partition())),
                   ("tandem-error-offset", str(message.offset()))]
        self.producer.produce(self.options.prefix + "rejects", key=message.key(),
                              value=message.value(), headers=headers, on_delivery=self.delivered)

    def commit(self):
        """Inputs are done only when everything written because of them is acknowledged."""
        self.producer.flush()
        if self.undelivered is not None:
            raise KafkaException(self.undelivered)
        # Not where the consumer is, which may be further: what was kept or given up is not done.
        offsets = [TopicPartition(*place, offset) for place, offset in self.answered.items()]
        self.answered.clear()
        if offsets:
            self.consumer.commit(offsets=offsets, asynchronous=False)

    def run(self):
        self.consumer.subscribe([self.options.prefix + "jobs"], on_revoke=self.revoked)
        print(f"serving {self.options.prefix}jobs at {self.options.brokers} "
              f"with {self.device.calibration}", file=sys.stderr, flush=True)
        try:
            while not self.is_stopping:
                self.heartbeat()
                self.producer.poll(0)
                messages = self.consumer.consume(BATCH, timeout=0.05)
                for message in messages:
                    if message.error():
                        raise KafkaException(message.error())
                # After that call: a rebalance in it takes back what was kept.
                messages, self.kept = self.kept + messages, []
                if messages:
                    self.serve(messages)
        finally:
            # Nobody need wait for this worker any more.
            self.producer.produce(self.options.prefix + "instances", key=self.presence_key())
            self.consumer.close()
            self.producer.flush(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True, help="host:port[,host:port]")
    parser.add_argument("--prefix", default="tandem.", help="prefix of topics and groups")
    parser.add_argument("--device", default="simulated-qpu",
                        help="the configured 'enrichment.device.name'")
    parser.add_argument("--instance", default=f"{socket.gethostname()}-{os.getpid()}",
                        help="which of the workers this is; host and process unless given")
    worker = Worker(parser.parse_args())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, worker.stop)
    # Whoever started this may have blocked them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    worker.run()


if __name__ == "__main__":
    main()
