"""Which precisions this CPU has, for tests that need one; and how to be on a CPU that has them not."""

from contextlib import contextmanager

import pytest

from sadari import device

# What torch and oneDNN say on a processor with AVX2 and no AVX-512
OF_AVX2 = {
    "layers": "mkldnn_bf16_gemm: bf16 path needs the cpu support avx512bw, avx512vl and avx512dq",
    "lstm": "could not create a primitive descriptor for the LSTM forward propagation primitive",
    "packed layers": "mkldnn_reorder_linear_weight: bf16 path needs the cpu support avx512bw, avx512vl and avx512dq",
    "whole numbers": "_int_mm_out_cpu: no kernel for this processor",
}


def needs(precision, *operations):
    """A mark: the test is skipped, and says why, where one of the operations cannot be done in that precision."""
    reasons = [reason for each in operations if (reason := device.why_not(precision, "cpu", each))]
    return pytest.mark.skipif(bool(reasons), reason=f"no {precision} on this CPU: {' '.join(map(str, reasons))}")


@contextmanager
def trials(**made):
    """Other trials meanwhile, by the name of the operation (with _ for a blank)."""
    with pytest.MonkeyPatch.context() as patch:
        for name, trial in made.items():
            patch.setitem(device.TRIALS, name.replace("_", " "), trial)
        device.why_not.cache_clear()
        try:
            yield
        finally:
            device.why_not.cache_clear()


def without(operation):
    """A processor that cannot do this meanwhile but in float32: its trial fails as it does on one with AVX2."""
    tried = device.TRIALS[operation]

    def fails(where, dtype):
        if str(dtype) != "torch.float32":
            raise RuntimeError(OF_AVX2[operation])
        tried(where, dtype)

    return trials(**{operation: fails})
