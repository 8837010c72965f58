"""Mutants of networks: optimizers, losses, metrics, layers, initialisers, files and what watches a run."""

from __future__ import annotations

from .mutant import Mutant, of

_rules = of("nn/optim/rules.py", "tests/nn/optim/test_rules.py")
_groups = of("nn/optim/groups.py", "tests/nn/optim/test_optimizer.py")
_optimizer = of("nn/optim/optimizer.py", "tests/nn/optim/test_optimizer.py")
_clipping = of("nn/optim/clipping.py", "tests/nn/optim/test_clipping.py")
_schedules = of(
    "nn/optim/schedules.py", "tests/nn/optim/test_schedules.py", "nn/optim/schedules.py"
)
_losses_of_numbers = of("nn/losses/of_numbers.py", "tests/nn/test_losses.py", "nn/losses")
_losses_of_classes = of("nn/losses/of_classes.py", "tests/nn/test_losses.py", "nn/losses")
_losses_shapes = of("nn/losses/shapes.py", "tests/nn/test_losses.py", "nn/losses")
_metrics_of_numbers = of("nn/metrics/of_numbers.py", "tests/nn/test_metrics.py", "nn/metrics")
_metrics_of_classes = of("nn/metrics/of_classes.py", "tests/nn/test_metrics.py", "nn/metrics")
_metrics_samples = of("nn/metrics/samples.py", "tests/nn/test_metrics.py", "nn/metrics")
_confusion = of("nn/metrics/confusion.py", "tests/nn/test_metrics.py", "nn/metrics")
_recurrent = of("nn/modules/recurrent.py", "tests/nn/modules/test_recurrent.py")
_recurrence = of("nn/modules/recurrence.py", "tests/nn/modules/test_recurrent.py")
_embedding = of("nn/modules/embedding.py", "tests/nn/modules/test_embedding.py")
_normalising = of("nn/modules/normalising.py", "tests/nn/modules/test_normalising.py")
_weights = of("nn/training/weights.py", "tests/nn/training/test_preparing.py")
_encoding = of("nn/training/step/encoding.py", "tests/nn/training/step")
_linear = of("nn/modules/linear.py", "tests/nn/modules/test_layers.py")
_layers = of("nn/modules/layers.py", "tests/nn/modules/test_layers.py")
_dropout = of("nn/modules/dropout.py", "tests/nn/modules/test_dropout.py")
_state = of("nn/modules/state.py", "tests/nn/modules/test_module.py")
_sequential = of("nn/modules/sequential.py", "tests/nn/modules/test_sequential.py")
_activations = of("nn/activations.py", "tests/nn/test_activations.py")
_init = of("nn/init.py", "tests/nn/test_init.py")
_document = of("nn/saving/document.py", "tests/nn/saving/test_files.py")
_json_file = of("nn/saving/json_file.py", "tests/nn/saving/test_files.py")
_safetensors = of("nn/saving/safetensors_file.py", "tests/nn/saving/test_files.py")
_files = of("nn/saving/files.py", "tests/nn/saving/test_files.py")
_architecture = of("nn/saving/architecture.py", "tests/nn/saving/test_files.py")
_monitors = of("nn/training/monitors.py", "tests/nn/training/test_monitors.py")
_update = of(
    "nn/training/step/update.py", "tests/nn/training/step", "tests/nn/optim/test_optimizer.py"
)

NETWORKS: list[Mutant] = [
    # optimizers
    _rules("SGD forgets its momentum", "v = h.momentum * s.v + g", "v = s.v * 0.0 + g"),
    _rules(
        "Nesterov looks ahead along the old direction",
        "g + h.momentum * v if h.nesterov",
        "g + h.momentum * s.v if h.nesterov",
    ),
    _rules("SGD climbs", "return p - h.lr * direction", "return p + h.lr * direction"),
    _rules(
        "Nesterov without momentum is let in",
        'if hyper["nesterov"] and hyper["momentum"] == 0.0:',
        "if False:",
    ),
    _rules("Adam's mean keeps (1 - b2)", "(1.0 - b1) * g\n", "(1.0 - b2) * g\n"),
    _rules("Adam squares no gradient", "(1.0 - b2) * g * g", "(1.0 - b2) * abs(g)"),
    _rules("Adam corrects one step late", "m / (1.0 - b1**h.t)", "m / (1.0 - b1 ** (h.t + 1))"),
    _rules("Adam corrects v by b1", "square / (1.0 - b2**h.t)", "square / (1.0 - b1**h.t)"),
    _rules(
        "Adam's eps is under the root",
        "(square**0.5 + h.eps), state",
        "((square + h.eps) ** 0.5), state",
    ),
    _rules("Adam always corrects its bias", "if h.bias_correction:", "if True:"),
    _rules(
        "amsgrad keeps the smallest",
        "(s.largest >= v) * s.largest + (s.largest < v) * v",
        "(s.largest <= v) * s.largest + (s.largest > v) * v",
    ),
    _rules(
        "amsgrad forgets the largest",
        "(s.largest >= v) * s.largest + (s.largest < v) * v",
        "0.0 * s.largest + v",
    ),
    _rules(
        "AdamW decays through the gradient",
        "return self._moved(p - h.lr * h.weight_decay * p, g, s, h)",
        "return self._moved(p, g + h.weight_decay * p, s, h)",
    ),
    _rules("AdamW decays without lr", "p - h.lr * h.weight_decay * p", "p - h.weight_decay * p"),
    _rules(
        "RMSprop's mean keeps (1 - alpha)",
        "h.alpha * s.v + (1.0 - h.alpha)",
        "(1.0 - h.alpha) * s.v + h.alpha",
    ),
    _rules("RMSprop is never centered", "abs(v - mean * mean) if h.centered", "v if h.centered"),
    _rules("RMSprop's momentum is on the step", "h.momentum * s.b + g", "h.momentum * g + g"),
    _rules("Adagrad's rate decays from step 1", "(h.t - 1) * h.lr_decay", "h.t * h.lr_decay"),
    _rules("Adagrad starts from 0", "(h.initial_accumulator_value + G)", "(G)"),
    _rules(
        "weight decay has the wrong sign",
        "g = g + h.weight_decay * p\n",
        "g = g - h.weight_decay * p\n",
    ),
    _optimizer(
        "maximize is ignored",
        "-g if getattr(h, MAXIMIZE, False) else g",
        "g",
        "tests/nn/optim/test_rules.py",
    ),
    _groups("steps count from 0", "h.t = self.steps + 1", "h.t = max(self.steps, 1)"),
    _optimizer("the count of steps stands still", "        self.steps += 1\n", ""),
    _groups(
        "a schedule is asked for the step after",
        "rate = rate(self.steps)",
        "rate = rate(self.steps + 1)",
        "tests/nn/optim/test_schedules.py",
        "tests/nn/optim/test_optimizer.py",
    ),
    _optimizer(
        "groups after the first start at its place",
        "            start = end\n",
        "            start = 0\n",
    ),
    _optimizer("a frozen parameter moves", "            if frozen:\n", "            if False:\n"),
    _optimizer(
        "zero_grad skips the first parameter",
        "for parameter in self._parameters:\n            parameter.grad = 0.0",
        "for parameter in self._parameters[1:]:\n            parameter.grad = 0.0",
    ),
    _optimizer(
        "a rule's result need not be finite",
        '        self._refuse_not_finite(after, f"{type(self).__name__}\'s update of")\n',
        "",
    ),
    _optimizer(
        "the norm is clipped before the values",
        "numbers = clipping.by_value(numbers, self.clip_value)",
        "numbers = clipping.by_value(gradients, self.clip_value)",
        equivalent="values are the first to be clipped: numbers are the gradients still",
    ),
    _optimizer(
        "clip_norm is ignored",
        "if self.clip_norm is not None:\n            numbers",
        "if False:\n            numbers",
        "tests/nn/optim/test_rules.py",
    ),
    _clipping("gradients grow to the norm", "if factor < 1.0 and", "if"),
    _clipping(
        "the norm is of magnitudes",
        "norm = math.hypot(*gradients)",
        "norm = sum(map(abs, gradients))",
    ),
    _clipping("values are clipped above only", "else max(g, -limit)", "else g"),
    _clipping(
        "nan becomes the limit",
        "limit if g > limit else max(g, -limit)",
        "min(limit, max(-limit, g))",
    ),
    _clipping(
        "an infinite norm is not rescaled",
        "if norm == math.inf and all(map(math.isfinite, gradients)):",
        "if False:",
    ),
    _clipping("a limit of 0 is let in", "    if checked == 0.0:\n", "    if False:\n"),
    _schedules("step_decay decays a step early", "(step // every)", "((step + 1) // every)"),
    _schedules("exponential starts at gamma", "lr * gamma**step", "lr * gamma ** (step + 1)"),
    _schedules(
        "linear goes on past its end", "* step / steps if step < steps else end", "* step / steps"
    ),
    _schedules("cosine turns at its end", "    if step >= steps:\n        return end\n", ""),
    _schedules(
        "cosine runs through a whole turn", "math.cos(math.pi *", "math.cos(2.0 * math.pi *"
    ),
    _schedules("warmup starts at 0", "then(0) * (step + 1) / steps", "then(0) * step / steps"),
    _schedules("warmup skips the start of what follows", "then(step - steps)", "then(step)"),
    # losses
    _losses_of_numbers("huber is quadratic everywhere", "ag.clip(error, -delta, delta)", "error"),
    _losses_of_numbers(
        "huber's far side has no offset", "near * (error - 0.5 * near)", "near * error * 0.5"
    ),
    _losses_of_numbers("hinge has no margin", "ag.relu(1.0 - t * o)", "ag.relu(-t * o)"),
    _losses_of_numbers(
        "binary cross-entropy of a probability exchanges the outcomes",
        "-(t * ag.log(p + _LEAST) + (1.0 - t) * ag.log((1.0 - p) + _LEAST))",
        "-((1.0 - t) * ag.log(p + _LEAST) + t * ag.log((1.0 - p) + _LEAST))",
    ),
    _losses_of_numbers(
        "binary cross-entropy is infinite at 0", "_LEAST = math.exp(-100.0)", "_LEAST = 0.0"
    ),
    _losses_of_numbers(
        "logits of 1 count as of 0", "return ag.softplus(-z)\n", "return ag.softplus(z)\n"
    ),
    _losses_of_numbers(
        "the loss of logits cancels where it is small",
        "return t * ag.softplus(-z) + (1.0 - t) * ag.softplus(z)",
        "return ag.softplus(z) - t * z",
    ),
    _losses_of_classes(
        "cross-entropy as a difference",
        "others = [z - logits[index] for i, z in enumerate(logits) if i != index]",
        "return ag.logsumexp(logits) - logits[index]\n    others = []",
    ),
    _losses_of_classes(
        "a sure class among infinitely unlikely ones has a gradient of nan",
        "ag.maximum(ag.logsumexp(others), -1e300)",
        "ag.logsumexp(others)",
    ),
    _losses_of_classes(
        "weights of classes are not checked", "abs(total - 1.0) < 1e-3", "abs(total - 1.0) < 1e3"
    ),
    _losses_of_classes(
        "a score of -inf with weight 0 counts", "strict=True) if t]", "strict=True)]"
    ),
    _losses_of_classes(
        "nll keeps its sign", "return -ag.dot(weights, kept)", "return ag.dot(weights, kept)"
    ),
    _losses_shapes("a mean over samples is a sum", "else ag.mean(losses)", "else ag.sum(losses)"),
    _losses_of_classes(
        "a class below 0 counts from the end",
        "if not 0 <= index < classes:",
        "if index >= classes:",
    ),
    _losses_of_classes("what is ignored counts in the mean", "else 0.0, 0.0\n", "else 0.0, 1.0\n"),
    _losses_of_classes(
        "smoothing leaves the true class all", "(1.0 - smoothing) * t + even", "t + even"
    ),
    _losses_of_classes(
        "a recorded class is not ignored",
        "[t * (1.0 - target[self.ignored]) for t in target]",
        "target",
        "tests/nn/training/step/test_compiled.py",
    ),
    # metrics
    _metrics_of_classes("ties count for nothing", "(below + (len(truths) - hits) / 2)", "below"),
    _metrics_of_classes(
        "f1 is a mean",
        "_ratio(2 * hit, taken + there)",
        "(_ratio(hit, taken) + _ratio(hit, there)) / 2",
    ),
    _metrics_of_numbers(
        "rmse is mse", "return math.sqrt(mse(outputs, targets))", "return mse(outputs, targets)"
    ),
    _metrics_of_numbers(
        "r2 is about 0", "spread = sum((t - middle) * (t - middle)", "spread = sum(t * t"
    ),
    _metrics_of_numbers(
        "r2 of equal targets is always 1", "return 1.0 if residual == 0.0 else 0.0", "return 1.0"
    ),
    _confusion(
        "the confusion table lies on its side",
        "matrix[truth][predicted] += 1",
        "matrix[predicted][truth] += 1",
    ),
    _confusion(
        "recall is precision",
        "row[i] / sum(row):.1%",
        "row[i] / sum(r[i] for r in self.matrix):.1%",
    ),
    _metrics_samples(
        "the last of equal scores is the class",
        "scores.index(max(scores))",
        "len(scores) - 1 - scores[::-1].index(max(scores))",
    ),
    _metrics_samples(
        "a nan among scores is overlooked", "-1 if any(map(math.isnan, scores)) else ", ""
    ),
    _metrics_of_classes(
        "the threshold itself is above it", "(score > threshold)", "(score >= threshold)"
    ),
    # modules
    _layers("a neuron loses its bias", "            out = out + self.b\n", "            pass\n"),
    _layers("nonlin=False keeps the activation", "activation if nonlin else None", "activation"),
    _layers("one output comes in a list", "return out[0] if len(out) == 1 else out", "return out"),
    _layers(
        "the MLP's last layer is active too",
        "output_activation if i == last else activation",
        "activation",
    ),
    _layers(
        "fan-out is forgotten",
        "rng=rng, nout=nout, **kwargs",
        "rng=rng, **kwargs",
        "tests/nn/test_init.py",
    ),
    _linear(
        "Linear's weight lies on its side",
        "for j in range(nin)]\n            for i in range(nout)",
        "for j in range(nout)]\n            for i in range(nin)",
    ),
    _layers(
        "an MLP of exchanged layers is described as before",
        "                return None  # layers were exchanged since\n",
        "                pass\n",
        "tests/nn/saving/test_files.py",
        "tests/nn/modules/test_layers.py",
    ),
    _dropout("dropout does not scale", " * (1.0 / (1.0 - self.p))", ""),
    _dropout("dropout keeps what it should drop", "(u >= self.p)", "(u < self.p)"),
    _dropout(
        "dropout goes on in evaluation",
        "if not self.training or self.p == 0.0:",
        "if self.p == 0.0:",
    ),
    _dropout(
        "one draw serves all inputs",
        "self.noise(len(x)), strict=True",
        "self.noise(1) * len(x), strict=True",
    ),
    _dropout("p = 1 is let in", "0.0 <= p < 1.0", "0.0 <= p <= 1.0"),
    _state(
        "an extra entry of a state is overlooked", "    if extra and strict:\n", "    if False:\n"
    ),
    _state(
        "a missing entry of a state is overlooked",
        "    if missing and strict:\n",
        "    if False:\n",
    ),
    _state(
        "a shared parameter takes the last of two numbers",
        "if data != other and not",
        "if False and not",
    ),
    _state(
        "a buffer is taken over, not copied",
        "result.buffers.append((entry, _copied(value)))",
        "result.buffers.append((entry, value))",
    ),
    _recurrent(
        "a GRU's gates change places",
        "reset, update = both[:n], both[n:]",
        "update, reset = both[:n], both[n:]",
    ),
    _recurrent(
        "an LSTM forgets what is new",
        "sigmoid(forget) * before + sigmoid(enter)",
        "sigmoid(enter) * before + sigmoid(forget)",
    ),
    _recurrence("each layer reads the first one's inputs", "            items = outputs\n", ""),
    _recurrence(
        "a state that is given is forgotten", "now = self._checked(state)", "now = self.zero()"
    ),
    _embedding(
        "an index without a row is nothing", "where(total(chosen) > 0.0, 0.0, math.nan)", "0.0"
    ),
    _embedding("an index below 0 counts from the end", "if not 0 <= index <", "if not index <"),
    _normalising(
        "LayerNorm's eps is outside the root",
        "sqrt(dot(centred, centred) / len(x) + self.eps)",
        "(sqrt(dot(centred, centred) / len(x)) + self.eps)",
    ),
    _sequential(
        "Sequential skips its first layer",
        "for layer in self.layers:\n            x = layer(x)",
        "for layer in self.layers[1:]:\n            x = layer(x)",
    ),
    _activations(
        "LeakyReLU's slope is the default", "ag.leaky_relu(v, self.slope)", "ag.leaky_relu(v)"
    ),
    _activations("ELU's alpha is the default", "ag.elu(x, self.alpha)", "ag.elu(x)"),
    _init("bounds by the standard deviation", "math.sqrt(3.0 * variance", "math.sqrt(variance"),
    _init("seed and rng are both taken", "if seed is not None and rng is not None:", "if False:"),
    # files
    _document("nan is saved as an infinity", '"float": str(float(tree))', '"float": "inf"'),
    _document("nesting is endless", "isinstance(tree, (list, dict)) and room == 0", "False"),
    _document("another version is read", "if version != VERSION:", "if False:"),
    _json_file(
        "another program's JSON is read", 'or document.get("format") != FORMAT:', "or False:"
    ),
    _files("load builds whatever is asked for", "types, most=held", "types, most=None"),
    _files(
        "another architecture's numbers are loaded",
        "        if differences:\n",
        "        if False:\n",
    ),
    _files(
        "the model changes before the optimizer's state is checked",
        "    if optimizer is not None:\n        if saved.optimizer",
        "    plan.carry_out()\n    if optimizer is not None:\n        if saved.optimizer",
    ),
    _files(
        "an optimizer's state that is not there is no fault",
        '        if saved.optimizer is None:\n            raise ValueError(f"{path} was saved without an optimizer\'s state")\n',
        "        if saved.optimizer is None:\n            return saved\n",
    ),
    _safetensors(
        "empty lists are taken for numbers", "    if empty > len(content):\n", "    if False:\n"
    ),
    _safetensors(
        "safetensors as float32",
        "np.array(entry, dtype=float) for",
        "np.array(entry, dtype=np.float32) for",
    ),
    _architecture(
        "building draws from the global generator",
        "        random.setstate(before)  # what",
        "        pass  # what",
    ),
    _linear(
        "a bias is not counted",
        "(nin + bias) * nout",
        "nin * nout",
        "tests/nn/saving/test_files.py",
    ),
    _architecture("a seed makes another architecture", 'if key != "seed"', "if True"),
    _architecture("any class is built", "    if name not in known:\n", "    if False:\n"),
    # what watches a run
    _monitors("the first of two known words tells", "known[-1]", "known[0]"),
    _monitors("accuracies are to fall", "self.sign = 1.0 if rising else -1.0", "self.sign = -1.0"),
    _monitors("an equal value is better", "> self.min_delta:", ">= self.min_delta:"),
    _monitors(
        "nan is the best so far", "        if math.isnan(now):\n            return False\n", ""
    ),
    _monitors(
        "patience lasts an epoch longer",
        "self.best_epoch >= self.patience",
        "self.best_epoch > self.patience",
    ),
    _monitors(
        "the best numbers are not restored",
        "        if self.best_state is not None:\n            run.model.load_state_dict(self.best_state)\n\n",
        "        pass\n\n",
    ),
    _monitors("the last epoch is not saved", " or run.epoch == run.epochs", ""),
    _monitors(
        "a worse model is saved over the best", "(self.improved(run) or not self.best_only)", "True"
    ),
    _monitors(
        "a rate is lowered at each bad epoch",
        "            self._since = run.epoch\n            for group",
        "            for group",
    ),
    _monitors(
        "a rate falls below the least",
        'max(group["lr"] * self.factor, self.min_lr)',
        'group["lr"] * self.factor',
    ),
    _weights(
        "weights of classes replace those of samples",
        "[w * known[target] for",
        "[known[target] for",
    ),
    _encoding(
        "recorded weights are all 1",
        "_numbers([weight for _, weight in pairs])",
        "_numbers([1.0 for _, weight in pairs])",
        "tests/nn/training/test_preparing.py",
    ),
    # a compiled step
    _update("a compiled step clips no values", "    if limit is not None:\n", "    if False:\n"),
    _update(
        "a compiled step clips no norm", "gradients *= min(longest", "gradients *= max(longest"
    ),
    _update(
        "hyper-parameters that changed are overlooked",
        "            if _constants(h) != self._constants:\n",
        "            if False:\n",
    ),
    _update(
        "a schedule is asked once",
        "            if not callable(group[LR]):\n",
        "            if True:\n",
    ),
    _update(
        "the state of frozen parameters is mixed up",
        "            flat[self._order] = numbers\n",
        "            flat[: len(numbers)] = numbers\n",
    ),
]
